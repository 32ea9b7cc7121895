import assert from "node:assert/strict";
import test from "node:test";
import type { JobView } from "#api/views.ts";
import { PlatformError } from "#domain/errors.ts";
import { decidePush, type PushDoor } from "./push.ts";

const zero = "0".repeat(40);
const from = "1".repeat(40);
const to = "2".repeat(40);
const main = { from, to, ref: "refs/heads/main" };

test("a pushed branch is accepted when its job is done, and not before", async () => {
  const deployed: unknown[] = [];
  const door = doorWith({
    deploy: async (...push) => {
      deployed.push(push);
      return job({ status: "waiting" });
    },
  });
  assert.equal(await decidePush(main, door), null);
  assert.equal(await decidePush({ ...main, from: zero, ref: "refs/heads/a/b" }, door), null);
  assert.deepEqual(deployed, [
    ["main", from, to],
    ["a/b", null, to],
  ]);
});

test("a job that failed says why, above and as git's reason, with nothing that a terminal obeys", async () => {
  const said: string[] = [];
  const message = "web.1 of shop \x1b[31mfailed; its last lines:\n    one\n    two";
  const error = { code: "unhealthy", message, hint: "Look at it." };
  const follow = async () => job({ status: "failed", error });
  const reason = await decidePush(main, doorWith({ follow, say: (text) => said.push(text) }));
  assert.equal(reason, "web.1 of shop failed");
  assert.match(said.join(""), /\n !     {5}one\n !     {5}two\n !     Look at it\.\n/);
});

test("a job that ended without a word is refused all the same", async () => {
  const follow = async () => job({ status: "superseded" });
  assert.match((await decidePush(main, doorWith({ follow }))) ?? "", /job 7 ended as superseded/);
});

test("a refusal of the platform's is passed on, a mistake of ours shows nothing of itself", async () => {
  const refuse = (error: Error) => {
    const deploy = async () => {
      throw error;
    };
    return decidePush(main, doorWith({ deploy }));
  };
  assert.equal(await refuse(new PlatformError("stopping")), "Berth is being stopped.");
  assert.equal(await refuse(new Error("secret")), "Berth made a mistake of its own.");
});

test("what is no commit on a branch is refused before any job", async () => {
  const never = { deploy: async () => assert.fail("no job is begun") };
  const refused = async (change: object, type = "commit") =>
    decidePush({ ...main, ...change }, doorWith({ ...never, typeOf: async () => type }));
  for (const ref of ["refs/tags/v1", "refs/notes/x", "refs/for/main", "HEAD"]) {
    assert.match((await refused({ ref })) ?? "", /only branches are deployed/);
  }
  assert.match(
    (await refused({ to: zero })) ?? "",
    /not deleted by a push; use berth apps:destroy/,
  );
  assert.match(
    (await refused({}, "blob")) ?? "",
    /^2222222 is a blob, and a branch takes commits$/,
  );
  assert.match((await refused({}, "tag")) ?? "", /push its commit: <tag>\^\{commit\}:main$/);
});

function doorWith(changes: Partial<PushDoor>): PushDoor {
  return {
    say: () => {},
    deploy: async () => job({ status: "waiting" }),
    follow: async () => job({ status: "done" }),
    typeOf: async () => "commit",
    ...changes,
  };
}

function job(changes: Partial<JobView>): JobView {
  return {
    id: 7,
    kind: "deploy",
    target: "shop",
    input: {},
    actor: "ann",
    door: "git",
    status: "done",
    step: null,
    steps: [],
    error: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: null,
    endedAt: null,
    ...changes,
  };
}
