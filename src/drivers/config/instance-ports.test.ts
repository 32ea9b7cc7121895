import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOutgoingPorts, readOutgoingPorts } from "#lib/sockets.ts";
import { hostConfig } from "../../../test/factories.ts";
import { checkInstancePorts } from "./instance-ports.ts";

const { settings } = hostConfig();

test("ports that the kernel gives away too are warned about, unless they are reserved", async () => {
  const ask = async (range: string, reserved: string) =>
    checkInstancePorts(settings, "berth.yml", parseOutgoingPorts(range, reserved));
  assert.deepEqual(await ask("32768\t60999\n", "\n"), []);
  const [whole] = await ask("1024 65535", "");
  assert.equal(whole?.severity, "warning");
  assert.match(whole?.problem ?? "", /gives 300 of the ports 61500-61799 to outgoing/);
  assert.match(whole?.fix ?? "", /sysctl -w net\.ipv4\.ip_local_reserved_ports=61500-61799/);
  assert.match((await ask("32768 61509", "8080,61500-61504\n"))[0]?.problem ?? "", /gives 5 of/);
  assert.deepEqual(await ask("1024 65535", "22,61500-61799"), []);
  assert.deepEqual(await ask("", ""), []);
});

test("this machine's own range is read", async () => {
  const isOutgoing = await readOutgoingPorts();
  assert.equal(isOutgoing(80), false);
  assert.ok(Array.from({ length: 65_536 }, (_, port) => port).some(isOutgoing));
});
