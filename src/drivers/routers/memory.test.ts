import assert from "node:assert/strict";
import { test } from "node:test";
import { backend, host, routerContract, type RouterWorld } from "../../../test/contract/router.ts";
import { createMemoryRouter } from "./memory.ts";

routerContract("memory", async (): Promise<RouterWorld> => {
  const router = createMemoryRouter();
  return {
    router,
    peers: ["127.0.0.1:1", "127.0.0.1:2"],
    ask: async (name, path) => {
      for (;;) {
        const answer = router.answer(name, path, Date.now());
        if (answer.do === "pass") return `${answer.peers[0]} ${answer.path}`;
        if (answer.do === "refuse") return String(answer.status);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
});

test("the memory router shows the table that it was given", async () => {
  const router = createMemoryRouter();
  const table = { hosts: { "a.test": host({ "/": "1/web" }) }, backends: { 1: backend([]) } };
  await router.replace(table);
  assert.deepEqual(router.table(), table);
});
