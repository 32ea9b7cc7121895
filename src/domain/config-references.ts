import { closest } from "./closest.ts";
import { type ConfigPath, errorAt } from "./config-text.ts";
import type { ParsedDomain } from "./domain-config.ts";
import type { DomainLocation, DomainUpstream } from "./domain-name.ts";
import type { ConfigProblem, HostConfig } from "./host-config.ts";

type Apps = HostConfig["apps"];
type Domains = HostConfig["domains"];
type Wrong = { readonly part: "repo" | "branch" | "runner"; problem: string; fix: string };

/**
 * Leaves out what names an app, a branch or a runner that no file describes: a location whose
 * upstream is missing, a maintenance upstream alone, a domain without any location left. Each is a
 * problem of its own file; nothing else is touched.
 */
export function resolveReferences(
  apps: Apps,
  domains: ReadonlyMap<string, ParsedDomain>,
): { domains: Domains; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const resolved = new Map<string, { file: string; config: ParsedDomain["config"] }>();
  for (const [name, domain] of domains) {
    const locations = domain.config.locations.flatMap((location, index) => {
      const path = ["locations", domain.keys[index] ?? ""];
      const checked = resolveLocation(apps, domain, location, path);
      problems.push(...checked.problems);
      return checked.location ? [checked.location] : [];
    });
    if (locations.length === 0) continue;
    resolved.set(name, { file: domain.text.file, config: { ...domain.config, locations } });
  }
  return { domains: resolved, problems };
}

function resolveLocation(
  apps: Apps,
  { text }: ParsedDomain,
  location: DomainLocation,
  path: ConfigPath,
): { location: DomainLocation | null; problems: ConfigProblem[] } {
  const { upstream, maintenance } = location;
  const problemOf = ({ part, ...words }: Wrong, key: string) =>
    errorAt(text, [...path, key, part], words);
  const wrong = wrongReference(apps, upstream);
  if (wrong) return { location: null, problems: [problemOf(wrong, "upstream")] };
  const wrongToo = maintenance && wrongReference(apps, maintenance);
  if (!wrongToo) return { location, problems: [] };
  const problems = [problemOf(wrongToo, "maintenance_upstream")];
  return { location: { ...location, maintenance: null }, problems };
}

function wrongReference(apps: Apps, upstream: DomainUpstream): Wrong | null {
  const app = apps.get(upstream.app);
  if (!app) {
    const fix = fixOf(upstream.app, [...apps.keys()], `add the file repo/${upstream.app}.yml`);
    return { part: "repo", problem: `no file describes ${upstream.app}`, fix };
  }
  const branch = app.branches.get(upstream.branch);
  if (!branch) {
    const fix = fixOf(upstream.branch, [...app.branches.keys()], `add it to ${app.file}`);
    return { part: "branch", problem: `${upstream.app} has no branch ${upstream.branch}`, fix };
  }
  if (branch.processTypes === null) return null; // the Procfile of what is pushed will tell
  return wrongRunner(app.file, branch.processTypes, upstream);
}

function wrongRunner(
  file: string,
  types: Readonly<Record<string, { kind: string }>>,
  { app, branch, processType }: DomainUpstream,
): Wrong | null {
  const type = Object.hasOwn(types, processType) ? types[processType] : undefined;
  if (!type) {
    const problem = `branch ${branch} of ${app} has no runner ${processType}`;
    return {
      part: "runner",
      problem,
      fix: fixOf(processType, Object.keys(types), `add it to ${file}`),
    };
  }
  if (type.kind !== "worker") return null;
  const problem = `${processType} is a SimpleProcess, which answers no visitors`;
  return {
    part: "runner",
    problem,
    fix: `name another runner, or make it a NginxBackend in ${file}`,
  };
}

function fixOf(word: string, candidates: readonly string[], otherwise: string): string {
  const meant = closest(word, candidates);
  return meant === null ? otherwise : `write \`${meant}\`, or ${otherwise}`;
}
