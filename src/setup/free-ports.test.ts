import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import type { PlatformError } from "#domain/errors.ts";
import { HostSettings } from "#domain/host-config.ts";
import { freePort } from "../../test/machine.ts";
import { requireFreePorts } from "./free-ports.ts";

const doors = ["api", "ssh", "direct", "http", "terminated", "tls"] as const;
/** Of this machine as 127.0.0.1 is, and nobody else's. */
const address = "127.91.7.13";
const file = "/srv/config/berth.yml";

test("ports that other programs have are told with their keys, and what to write, before anything starts", async () => {
  const ports = await Promise.all(doors.map(async (door) => [door, await freePort()] as const));
  const settings = HostSettings.parse({
    listen: { ...Object.fromEntries(ports), address, apiAddress: address },
  });
  await requireFreePorts(settings, file);
  await using others = new AsyncDisposableStack();
  const taken: string[] = [];
  for (const [door, port] of ports) {
    const server = others.use(createServer());
    await new Promise<void>((listening) => server.listen(port, address, listening));
    taken.push(`${door} ${port}`);
    const said = { code: "ports_taken", message: new RegExp(`ports: ${taken.join(", ")}\\.$`) };
    await assert.rejects(requireFreePorts(settings, file, 0), said);
  }
  const { hint } = await requireFreePorts(settings, file, 0).then(
    () => assert.fail(),
    (error: unknown) => error as PlatformError,
  );
  const [, written = ""] =
    /into \/srv\/config\/berth\.yml, under listen: \{(.*)\}$/.exec(hint) ?? [];
  const proposed = written.split(", ").map((entry) => entry.split(": "));
  assert.deepEqual(
    proposed.map(([door]) => door),
    doors,
  );
  const listen = Object.fromEntries(proposed.map(([door = "", port]) => [door, Number(port)]));
  await requireFreePorts({ ...settings, listen: { ...settings.listen, ...listen } }, file, 0);
  await others.disposeAsync();
  await requireFreePorts(settings, file);
});
