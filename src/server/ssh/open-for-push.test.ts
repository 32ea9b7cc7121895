import assert from "node:assert/strict";
import { test } from "node:test";
import { RemoteError, type Client } from "#api/client.ts";
import type { Route } from "#api/operation.ts";
import { openForPush } from "./open-for-push.ts";

const opened = { directory: "/repos/shop", app: "shop", pushBytesMax: 1 };
const problem = (code: string) => new RemoteError({ code, message: `${code} it is.`, hint: "" });

/** Answers in turn, and remembers what was asked. */
function clientWith(...answers: readonly (object | Error)[]): { client: Client; asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  const client = async ({ method, path }: Route): Promise<unknown> => {
    asked.push(`${method} ${path}`);
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: client as unknown as Client, asked };
}

const [open, create] = ["POST /apps/:app/repository", "POST /repositories"];

test("an app that is not there is made for whoever may, and opened then", async () => {
  const { client, asked } = clientWith(problem("app_not_found"), { app: "shop" }, opened);
  assert.deepEqual(await openForPush(client, { app: "shop" }), opened);
  assert.deepEqual(asked, [open, create, open]);
});

test("whoever may make none is told that there is none, and any other refusal stays what it is", async () => {
  const denied = clientWith(problem("app_not_found"), problem("right_missing"));
  await assert.rejects(openForPush(denied.client, { app: "shop" }), { code: "app_not_found" });
  const viewer = clientWith(problem("right_missing"));
  await assert.rejects(openForPush(viewer.client, { app: "shop" }), { code: "right_missing" });
  assert.deepEqual(viewer.asked, [open]);
});
