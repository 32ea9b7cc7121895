import assert from "node:assert/strict";
import { test } from "node:test";
import { HostSettings } from "#domain/host-config.ts";
import { createWorld } from "../../test/engine-world.ts";

test("the first push to a name makes an app of the pusher's team, only where the configuration says so", async () => {
  await using closed = await createWorld();
  const asked = closed.engine.createOnPush("shop", "ann", 1);
  await assert.rejects(asked, { code: "app_not_found", message: "No app is named shop." });
  await using open = await createWorld({ settings: HostSettings.parse({ createOnPush: true }) });
  const { id } = open.store.people.teams.add({ name: "other", createdAt: new Date() });
  await open.engine.createOnPush("shop", "ann", id);
  assert.equal(open.store.apps.named("shop")?.teamId, id);
  assert.equal((await open.engine.openRepository("shop")).app, "shop");
  await assert.rejects(open.engine.createOnPush("shop", "bob", 1), { code: "app_exists" });
});
