import type { ConfigProblem, HostSettings } from "#domain/host-config.ts";
import { readOutgoingPorts } from "#lib/sockets.ts";

/**
 * A warning when the kernel takes ports of instances for outgoing connections too: one of them may
 * be in use just when an app needs it.
 */
export async function checkInstancePorts(
  { ports: { min, max } }: HostSettings,
  file: string,
  isOutgoing?: (port: number) => boolean,
): Promise<ConfigProblem[]> {
  const isTaken = isOutgoing ?? (await readOutgoingPorts());
  const shared = Array.from({ length: max - min }, (_, at) => min + at).filter(isTaken);
  if (shared.length === 0) return [];
  return [
    {
      severity: "warning",
      file,
      line: 0,
      key: "ports",
      problem: `the kernel gives ${shared.length} of the ports ${min}-${max - 1} to outgoing connections, too, so that an app may find its port in use`,
      fix: `keep them for Berth, as root: sysctl -w net.ipv4.ip_local_reserved_ports=${min}-${max - 1} (and in /etc/sysctl.d), or choose others`,
    },
  ];
}
