import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { Protections } from "#domain/privileges.ts";

/** Each protection, with whether it is in force where this program runs. */
export function isolationOf({
  hasUsers,
  unlimited,
  hasFence,
  fenceProblem,
  hasFilter,
  scopesSockets,
  keepsPorts,
  countsSockets,
  reservesPorts,
}: Protections & { readonly hasUsers: boolean; readonly reservesPorts: boolean }): {
  what: string;
  inForce: boolean;
}[] {
  const why = fenceProblem === null ? "" : ` (${fenceProblem})`;
  return [
    {
      what: "Apps, builds and hooks run in a sandbox: read-only system, no sight of other apps",
      inForce: true,
    },
    {
      what: "Nothing that is reached from the network runs as root",
      inForce: process.getuid?.() !== 0,
    },
    { what: "Every app has a Linux user of its own", inForce: hasUsers },
    { what: "The router and berthd are different Linux users", inForce: hasUsers },
    {
      what: `Memory, CPU and processes of each instance and build are limited${unlimited.length === 0 ? "" : `, but for ${unlimited.join(", ")}`}`,
      inForce: unlimited.length === 0,
    },
    { what: "Files, temporary files and logs of each instance are limited", inForce: true },
    { what: "System calls that no app needs are refused", inForce: hasFilter },
    {
      what: `An app reaches its own ports and the router's on this machine, and no others${why}`,
      inForce: hasFence,
    },
    { what: "Addresses at which clouds keep secrets are out of reach", inForce: hasFence },
    { what: "Abstract unix sockets of an app are its own", inForce: scopesSockets },
    { what: "Ports of Berth and of instances are taken by no other app", inForce: keepsPorts },
    {
      what: `Apps leave others half of the ports from which connections begin${spoilsPorts() ? ", but for one that is out to spoil them (before Linux 6.18)" : ""}`,
      inForce: keepsPorts && countsSockets,
    },
    { what: "No connection begins at a port of Berth's own", inForce: reservesPorts },
    { what: "Nobody links to files of others (fs.protected_hardlinks)", inForce: keepsLinks() },
  ];
}

/** @see docs/decisions/0015-loopback-fence.md */
function spoilsPorts(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major < 6 || (major === 6 && minor < 18);
}

function keepsLinks(): boolean {
  const setting = "/proc/sys/fs/protected_hardlinks";
  return existsSync(setting) && readFileSync(setting, "utf8").trim() === "1";
}
