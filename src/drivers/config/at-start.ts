import { isDeepStrictEqual } from "node:util";
import type { ConfigProblem, HostSettings } from "#domain/host-config.ts";

/** What nginx and sshd are told when they start, by the name that it has in a file. */
const keysAtStart = {
  listen: "listen",
  trustedProxies: "trusted_proxies",
  nginxWorkers: "nginx_workers",
} as const satisfies Partial<Record<keyof HostSettings, string>>;

/** Settings with those of the start in the place of what cannot change while Berth runs. */
export function keepThoseOfStart(
  atStart: HostSettings,
  settings: HostSettings,
  file: string,
): { settings: HostSettings; problems: ConfigProblem[] } {
  const { listen, trustedProxies, nginxWorkers } = atStart;
  const problems = Object.entries(keysAtStart).flatMap(([name, key]): ConfigProblem[] => {
    const setting = name as keyof typeof keysAtStart; // its own keys
    if (isDeepStrictEqual(atStart[setting], settings[setting])) return [];
    const problem = "has changed, which takes effect when Berth is started again";
    const fix = "run berth down, then berth up";
    return [{ severity: "warning", file, line: 0, key, problem, fix }];
  });
  return { settings: { ...settings, listen, trustedProxies, nginxWorkers }, problems };
}
