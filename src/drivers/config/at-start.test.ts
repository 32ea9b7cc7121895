import assert from "node:assert/strict";
import { test } from "node:test";
import { createConfigWorld, problemsIn } from "../../../test/config-world.ts";

test("ports that change while Berth runs are said and not taken; other settings are", async () => {
  await using world = await createConfigWorld();
  await world.write("berth.yml", "listen: {tls: 5001}\nsuffix: one.test\n");
  const directory = world.open();
  await directory.read();
  await world.write("berth.yml", "listen: {tls: 5002}\nsuffix: two.test\n");
  const changed = await directory.read();
  assert.equal(changed.settings.listen.tls, 5001);
  assert.equal(changed.settings.suffix, "two.test");
  assert.deepEqual(problemsIn(changed), [
    "berth.yml:0 has changed, which takes effect when Berth is started again",
  ]);
  assert.equal((await world.open().read()).settings.listen.tls, 5002);
});
