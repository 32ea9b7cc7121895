import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { HostSettings } from "#domain/host-config.ts";
import { freePort } from "../../test/machine.ts";
import { requireFreePorts } from "./free-ports.ts";

const doors = ["api", "ssh", "direct", "http", "terminated", "tls"] as const;
/** Of this machine as 127.0.0.1 is, and nobody else's. */
const address = "127.91.7.13";

test("a port that another program has is told by its number and its key, before anything starts", async () => {
  const ports = await Promise.all(doors.map(async (door) => [door, await freePort()] as const));
  const { listen } = HostSettings.parse({
    listen: { ...Object.fromEntries(ports), address, apiAddress: address },
  });
  await requireFreePorts({ listen });
  for (const [door, port] of ports) {
    await using server = createServer();
    await new Promise<void>((listening) => server.listen(port, address, listening));
    const said = new RegExp(`port ${port} failed: another program .* ${door}: in berth\\.yml`);
    await assert.rejects(requireFreePorts({ listen }, 0), said);
  }
  await requireFreePorts({ listen });
});
