import assert from "node:assert/strict";
import { test } from "node:test";
import { startWorld } from "../../test/cli-world.ts";

test("an instance that was started again says how it ended; what crashes, what it printed", async (t) => {
  const [instance] = await (await startWorld(t)).engine.listInstances("shop");
  assert.ok(instance);
  const said = async (change: Partial<typeof instance>) => {
    const listInstances = async () => [{ ...instance, ...change }];
    return (await (await startWorld(t, { listInstances })).berth("ps -a shop")).err;
  };
  assert.equal(
    await said({}),
    "web.1 exited with code 1; it printed last:\n    Error: no database\n",
  );
  const lastExit = { code: null, signal: "SIGKILL", outOfMemory: true };
  const again = "web.1 ran out of memory and was started again; see berth events -a shop\n";
  assert.equal(await said({ state: "running", lastExit }), again);
  assert.equal(await said({ state: "running", lastExit: null }), "");
  const behind =
    "web.1 stands behind other apps while shop uses much of the processors, or prints very much; see berth limits -a shop\n";
  assert.equal(await said({ state: "running", lastExit: null, isBehind: true }), behind);
});

test("ps of a branch that runs nothing says why, and what to type", async (t) => {
  const status = await (await startWorld(t)).engine.appInfo("shop");
  const [branch] = status.branches;
  assert.ok(branch?.current);
  const { current } = branch;
  const said = async (change: Partial<typeof branch>, processTypes: object = {}) => {
    const branches = [{ ...branch, ...change }];
    const { berth } = await startWorld(t, {
      listInstances: async () => [],
      appInfo: async () => ({ ...status, branches }),
      releaseInfo: async () => ({ ...current, processTypes: { ...processTypes } }),
    });
    const { out, err } = await berth("ps -a shop");
    assert.equal(out, "");
    return err;
  };
  assert.equal(
    await said({ state: "stopped" }),
    "shop is stopped. Start it: berth ps:start -a shop\n",
  );
  assert.match(await said({ state: "undeployed" }), /no release yet. .*: git push ssh:/);
  const web = { kind: "web", command: "x", count: 1 };
  assert.match(await said({ state: "crashing" }, { web }), /See why: berth events -a shop\n$/);
  const [worker, files] = [
    { kind: "worker", command: "x", count: 0 },
    { kind: "static", count: 1 },
  ];
  assert.match(await said({}, { files, worker }), /: berth ps:scale worker=1 -a shop\n$/);
  assert.match(await said({}, { files }), /the router serves its files\. Push other files/);
});
