import { closest } from "./closest.ts";
import { type ConfigPath, errorAt, warningAt } from "./config-text.ts";
import type { ParsedDomain } from "./domain-config.ts";
import type { DomainLocation, DomainUpstream } from "./domain-name.ts";
import type { ConfigProblem, HostConfig } from "./host-config.ts";

type Apps = HostConfig["apps"];
type Domains = HostConfig["domains"];
type Wrong = {
  readonly part: "repo" | "branch" | "runner";
  readonly problem: string;
  readonly fix: string;
  readonly unlessApp?: string;
};

/**
 * Leaves out what names a branch or a runner that its app's file does not have: a location whose
 * upstream is missing, a maintenance upstream alone, a domain without any location left. Each is a
 * problem of its own file; nothing else is touched. An app that no file describes may have been
 * made by a command, so what names it stays.
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
  const wrong = wrongReference(apps, upstream);
  const wrongToo = maintenance && wrongReference(apps, maintenance);
  const problems = [
    ...(wrong ? [problemAt(text, [...path, "upstream"], wrong)] : []),
    ...(wrongToo ? [problemAt(text, [...path, "maintenance_upstream"], wrongToo)] : []),
  ];
  if (isSurelyWrong(wrong)) return { location: null, problems };
  return {
    location: isSurelyWrong(wrongToo) ? { ...location, maintenance: null } : location,
    problems,
  };
}

function isSurelyWrong(wrong: Wrong | null): boolean {
  return wrong !== null && wrong.unlessApp === undefined;
}

function problemAt(text: ParsedDomain["text"], path: ConfigPath, wrong: Wrong): ConfigProblem {
  const { part, unlessApp, ...words } = wrong;
  if (unlessApp === undefined) return errorAt(text, [...path, part], words);
  return { ...warningAt(text, [...path, part], words), unlessApp };
}

function wrongReference(apps: Apps, upstream: DomainUpstream): Wrong | null {
  const app = apps.get(upstream.app);
  if (!app) {
    const { app: name } = upstream;
    const otherwise = `add the file repo/${name}.yml, or make the app with berth apps:create ${name}`;
    const fix = fixOf(name, [...apps.keys()], otherwise);
    return { part: "repo", problem: `no app is named ${name}`, fix, unlessApp: name };
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
