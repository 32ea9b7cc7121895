import { bareEnv } from "./exec.ts";

/**
 * The environment of git over content that nobody vouches for: no configuration of the machine's or
 * of a home has a say, nothing is fetched, and objects are what they say they are.
 * @see git(1), Environment Variables
 */
export const gitEnv = {
  ...bareEnv,
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  /** No protocol has this name: neither a submodule nor a promisor is ever fetched. */
  GIT_ALLOW_PROTOCOL: "none",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_GRAFT_FILE: "/dev/null",
  GIT_NO_LAZY_FETCH: "1",
} as const;

/** Settings before which a repository's own give way. */
const settings = {
  // The file of grafts is named above so that none counts, not to use it.
  "advice.graftFileDeprecated": "false",
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.attributesFile": "/dev/null",
  "core.protectHFS": "true",
  "core.protectNTFS": "true",
  "protocol.allow": "never",
  "submodule.recurse": "false",
  "transfer.fsckObjects": "true",
  // What stands in memory at once stays within `memoryBytesMax`, also in a large repository.
  "core.bigFileThreshold": "64m",
  "core.packedGitWindowSize": "32m",
  "core.packedGitLimit": "256m",
  "pack.threads": "1",
  "pack.windowMemory": "256m",
} as const;

/** A pack of a few kilobytes can stand for an object of any size: beyond this git gives up. */
const memoryBytesMax = 1024 ** 3;
const cpuSecondsMax = 900;

/**
 * Program and arguments that start git over such content, with limits on its memory and time.
 * @param more Settings of this one call.
 */
export function gitArgv(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): [string, ...string[]] {
  const given = Object.entries({ ...settings, ...more });
  return [
    "s6-softlimit",
    "-a",
    String(memoryBytesMax),
    "-t",
    String(cpuSecondsMax),
    "git",
    ...given.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ...args,
  ];
}
