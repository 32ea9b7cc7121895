import assert from "node:assert/strict";
import { test } from "node:test";
import { backend, host } from "../../../../test/contract/router.ts";
import { startNginx } from "../../../../test/nginx.ts";
import { startPeer, visit } from "../../../../test/visit.ts";

test("every host keeps to its own app, known or not yet, short or long, after each change", async () => {
  await using one = await startPeer((_, response) => response.end("one"));
  await using two = await startPeer((_, response) => response.end("two"));
  await using nginx = await startNginx({ workers: 1 });
  const names = Array.from({ length: 200 }, (_, index) => `${"x".repeat(index % 60)}${index}.test`);
  const appOf = (index: number) => ["one", "two"][index % 2] ?? "";
  await nginx.router.replace({
    hosts: Object.fromEntries(names.map((it, index) => [it, host({ "/": `${appOf(index)}/web` })])),
    backends: {},
  });
  for (const peers of [[one, two] as const, [two, one] as const]) {
    const [first, second] = peers.map((it) => backend([it.address]));
    assert.ok(first && second);
    await nginx.router.change({ hosts: {}, backends: { one: first, two: second } });
    for (const _ of ["unknown", "known"]) {
      const { direct } = nginx.settings.ports;
      const answers = await Promise.all(names.map((it) => visit(direct, { host: it })));
      const expected = peers[0] === one ? ["one", "two"] : ["two", "one"];
      answers.forEach(({ body }, index) => assert.equal(body, expected[index % 2], names[index]));
    }
  }
});

test("no request id is given twice, and the app and the visitor are told the same", async () => {
  await using peer = await startPeer((request, response) => {
    response.end(request.headers["x-request-id"]);
  });
  await using nginx = await startNginx();
  await nginx.router.replace({
    hosts: { "a.test": host({ "/": "1/web" }) },
    backends: { 1: backend([peer.address]) },
  });
  const ids = new Set<string>();
  for (let round = 0; round < 10; round += 1) {
    const asked = Array.from({ length: 60 }, () =>
      visit(nginx.settings.ports.direct, { host: "a.test" }),
    );
    for (const { body, headers } of await Promise.all(asked)) {
      assert.match(body, /^[0-9a-f]{32}$/);
      assert.equal(headers["x-request-id"], body);
      ids.add(body);
    }
  }
  assert.equal(ids.size, 600);
});
