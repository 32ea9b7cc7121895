import { join } from "node:path";
import { parseHostSettings } from "#domain/host-settings.ts";
import { HostSettings } from "#domain/host-config.ts";
import { readIfThere } from "#lib/files.ts";
import { readOutgoingPorts } from "#lib/sockets.ts";
import { parseYaml } from "#lib/yaml.ts";
import { homeLayout } from "./layout.ts";
import { missingPrograms } from "./packages.ts";
import { isTreeUp } from "./up.ts";
import { findSandboxProblem } from "./user-namespaces.ts";

const nobody = { uid: 65_534, gid: 65_534 };

type Finding = { readonly isGood: boolean; readonly what: string; readonly fix?: string };

/** Looks at everything that Berth needs, prints what it finds, and gives 0 when all is well. */
export async function examine(
  home: string,
  out: { readonly line: (text: string) => void; readonly note: (text: string) => void },
): Promise<number> {
  const findings = [
    ...(await programFindings()),
    await sandboxFinding(),
    await terminalFinding(),
    await portsFinding(home),
    await homeFinding(home),
    await treeFinding(home),
  ];
  for (const { isGood, what, fix } of findings) {
    out.line(`${isGood ? "ok  " : "FAIL"}  ${what}`);
    if (!isGood && fix) out.line(`      → ${fix}`);
  }
  for (const line of redirects) out.note(line);
  return findings.every(({ isGood }) => isGood) ? 0 : 1;
}

/** Rules that lead the usual ports to Berth's, which need no privilege to listen on. */
const redirects = [
  "",
  "To serve on ports 80 and 443, redirect them (nftables, as root):",
  "  nft add table inet berth",
  "  nft add chain inet berth ports '{ type nat hook prerouting priority dstnat; }'",
  "  nft add rule inet berth ports tcp dport 80 redirect to :42531",
  "  nft add rule inet berth ports tcp dport 443 redirect to :42533",
];

async function programFindings(): Promise<Finding[]> {
  const missing = await missingPrograms();
  if (missing.length === 0)
    return [{ isGood: true, what: "All programs that Berth needs are installed" }];
  return missing.map(({ name, problem, debianPackage }) => ({
    isGood: false,
    what: `${name} ${problem}`,
    fix: `apt-get install -y ${debianPackage}`,
  }));
}

/** sshd without privilege cannot change the group of a terminal, so the system must give the right one. */
async function terminalFinding(): Promise<Finding> {
  const mounts = (await readIfThere("/proc/mounts")) ?? "";
  const options = /^\S+ \/dev\/pts devpts (\S+)/m.exec(mounts)?.[1]?.split(",") ?? [];
  const isGood = options.some((option) => /^gid=\d+$/.test(option));
  const what = isGood
    ? "Terminals over SSH can be made"
    : "Terminals over SSH cannot be made: /dev/pts is mounted without the group tty";
  return { isGood, what, fix: "mount -o remount,gid=5,mode=620 /dev/pts (as root)" };
}

async function sandboxFinding(): Promise<Finding> {
  // Root may always; it is ordinary users who make them.
  const found = await findSandboxProblem(process.getuid?.() === 0 ? nobody : {});
  if (found === null) return { isGood: true, what: "Sandboxes can be made" };
  return { isGood: false, what: `Sandboxes cannot be made: ${found.problem}`, fix: found.fix };
}

/** A port that an outgoing connection has is missing to the app that it was meant for. */
async function portsFinding(home: string): Promise<Finding> {
  const { min, max } = (await settingsOf(home)).ports;
  const isOutgoing = await readOutgoingPorts();
  const shared = Array.from({ length: max - min }, (_, at) => min + at).filter(isOutgoing);
  const range = `${min}-${max - 1}`;
  if (shared.length === 0)
    return { isGood: true, what: `The ports ${range} are kept for instances` };
  const what = `The kernel gives ${shared.length} of the ports ${range} to outgoing connections, too`;
  const fix = `sysctl -w net.ipv4.ip_local_reserved_ports=${range} (as root, and in /etc/sysctl.d), or other ports in berth.yml`;
  return { isGood: false, what, fix };
}

/** Those of the home's file as far as they can be read; what is wrong there, berth status says. */
async function settingsOf(home: string): Promise<HostSettings> {
  const { config } = homeLayout(home);
  for (const file of ["berth.yml", "pypaas.yml"]) {
    const text = await readIfThere(join(config, file)).catch(() => null);
    try {
      const value = text === null ? null : parseHostSettings({ file, ...parseYaml(text) }).value;
      if (value) return value;
    } catch {
      // No YAML: the defaults are what one would get.
    }
  }
  return HostSettings.parse({});
}

async function homeFinding(home: string): Promise<Finding> {
  const token = await readIfThere(homeLayout(home).token).catch(() => null);
  if (token === null) return { isGood: true, what: `The home ${home} is new or not yet started` };
  return { isGood: true, what: `The home is ${home}` };
}

async function treeFinding(home: string): Promise<Finding> {
  if (await isTreeUp(home)) return { isGood: true, what: "Berth runs" };
  const log = join(homeLayout(home).logs, "berthd", "current");
  return { isGood: true, what: `Berth does not run (berth up starts it; its last log is ${log})` };
}
