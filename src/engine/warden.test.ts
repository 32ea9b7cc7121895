import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, eventually, type World } from "../../test/engine-world.ts";

const messages = ({ store }: World, type: string) =>
  store.events
    .list({ target: null, before: null, limit: 100 })
    .filter((event) => event.type === type)
    .map((event) => event.message);

test("a disk that fills is told of once, also after a restart, and again when it had recovered", async () => {
  await using world = await createWorld();
  world.diskBytes = 9.55e10;
  await eventually(() => messages(world, "disk.low").length === 1, "it is low");
  assert.match(messages(world, "disk.low")[0] ?? "", /^4\.5 % of the disk under .* is free\.$/);
  await world.restart();
  world.diskBytes = 1e10;
  await eventually(() => world.store.marks.get("disk.low") === null, "it recovered");
  world.diskBytes = 9.9e10;
  await eventually(() => messages(world, "disk.low").length === 2, "it is low again");
});

test("a certificate near its end is told of, with its app, once for each stage", async () => {
  await using world = await createWorld();
  await world.engine.createApp("shop", "ann");
  const upstream = { app: "shop", branch: "main", processType: "web" };
  const domain = (name: string, certificate: string | null) => ({
    name,
    managedBy: null,
    config: {
      locations: [{ path: "/", upstream, maintenance: null }],
      ssl: true,
      certificate,
      key: certificate,
    },
  });
  const day = 86_400_000;
  const now = world.context.clock.now().getTime();
  world.certificateEnds.set("/near.pem", new Date(now + 10 * day));
  world.certificateEnds.set("/far.pem", new Date(now + 60 * day));
  world.store.domains.set(domain("near.example.com", "/near.pem"));
  world.store.domains.set(domain("far.example.com", "/far.pem"));
  world.store.domains.set(domain("none.example.com", null));
  await world.restart();
  const type = "certificate.expiring";
  await eventually(() => messages(world, type).length === 1, "it is told");
  assert.match(messages(world, type)[0] ?? "", /^The certificate of near\.example\.com ends on \d/);
  const [event] = world.store.events.list({ target: "shop", before: null, limit: 1 });
  assert.equal(event?.type, type);
  await world.restart();
  world.certificateEnds.set("/near.pem", new Date(now + 2 * day));
  await world.restart();
  await eventually(() => messages(world, type).length === 2, "the next stage is told");
  world.certificateEnds.set("/near.pem", new Date(now + 90 * day));
  await world.restart();
  await eventually(
    () => world.store.marks.get("certificate near.example.com") === null,
    "a new one was put there",
  );
  assert.equal(messages(world, type).length, 2);
});
