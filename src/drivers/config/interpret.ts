import { AppName } from "#domain/app.ts";
import { distinctKeys, parseAuthorizedKeys } from "#domain/authorized-keys.ts";
import type { BranchConfig } from "#domain/branch.ts";
import { resolveReferences } from "#domain/config-references.ts";
import { shown } from "#domain/config-wording.ts";
import { type ParsedDomain, parseDomainConfig } from "#domain/domain-config.ts";
import { DomainName } from "#domain/domain-name.ts";
import { type ConfigProblem, type HostConfig, HostSettings } from "#domain/host-config.ts";
import { parseHostSettings } from "#domain/host-settings.ts";
import { parseRepoConfig } from "#domain/repo-config.ts";
import type { SecuredDomain } from "./certificates.ts";
import type { FilesInForce } from "./in-force.ts";
import type { FoundFile } from "./read-files.ts";

type NameRule = typeof AppName;

/** Where each kind of file stands; the first folder wins where two say the same. */
export const folders = {
  repo: ["repo", "repos"],
  domains: ["domains"],
  keys: "authorized_keys.d",
} as const;

export const settingsFiles = ["berth.yml", "pypaas.yml"];

/** What a set of files says together, and the certificates that it names. */
export function interpret(
  found: readonly FoundFile[],
  inForce: FilesInForce,
): { config: HostConfig; secured: readonly SecuredDomain[] } {
  const problems: ConfigProblem[] = found
    .filter(({ name }) => name === "")
    .map(({ file, problem }) =>
      wholeFile(file || ".", problem ?? "", "let the user that Berth runs as read it"),
    );
  const files = found.filter(({ name }) => name !== "");
  const settings = settingsOf(files, inForce, problems);
  const apps = new Map<string, { file: string; branches: ReadonlyMap<string, BranchConfig> }>();
  for (const file of inFolders(files, folders.repo)) {
    const name = nameOf(file, AppName, problems);
    if (name === null || isTaken(name, apps.get(name)?.file, file, problems)) continue;
    const parsed = inForce.parse(file, parseRepoConfig);
    problems.push(...parsed.problems);
    if (parsed.value) apps.set(name, { file: file.file, branches: parsed.value });
  }
  const named = domainsOf(files, inForce, problems);
  const resolved = resolveReferences(apps, named);
  const keys = keysOf(files, problems);
  const all = [...problems, ...resolved.problems].map(printable);
  const config = { settings, apps, domains: resolved.domains, keys, problems: all };
  return { config, secured: [...named.values()].flatMap(securedOf) };
}

function securedOf({ text, config: { certificate, key, ssl } }: ParsedDomain): SecuredDomain[] {
  if (!ssl || certificate === null || key === null) return [];
  const { line = 0 } = text.at(["ssl_certificate"]) ?? text.at(["ssl"]) ?? {};
  return [{ file: text.file, line, certificate, key }];
}

function settingsOf(
  files: readonly FoundFile[],
  inForce: FilesInForce,
  problems: ConfigProblem[],
): HostSettings {
  const own = files.filter(({ folder }) => folder === "");
  const [first, second] = settingsFiles.flatMap((name) => own.filter((it) => it.name === name));
  for (const { file, name } of own.filter((it) => !settingsFiles.includes(it.name))) {
    const fix = "move it to repo or domains; settings stand in berth.yml";
    problems.push(wholeFile(file, `${shown(name)} is not read here`, fix, "warning"));
  }
  if (first && second) {
    const problem = `is not read, because ${first.file} is there`;
    problems.push(wholeFile(second.file, problem, "keep one of the two files", "warning"));
  }
  if (!first) return HostSettings.parse({});
  const parsed = inForce.parse(first, parseHostSettings);
  problems.push(...parsed.problems);
  return parsed.value ?? HostSettings.parse({});
}

function domainsOf(
  files: readonly FoundFile[],
  inForce: FilesInForce,
  problems: ConfigProblem[],
): Map<string, ParsedDomain> {
  const named = new Map<string, ParsedDomain>();
  for (const file of inFolders(files, folders.domains)) {
    const name = nameOf(file, DomainName, problems);
    if (name === null || isTaken(name, named.get(name)?.text.file, file, problems)) continue;
    const parsed = inForce.parse(file, (text) => parseDomainConfig(name, text));
    problems.push(...parsed.problems);
    if (parsed.value) named.set(name, parsed.value);
  }
  return named;
}

function keysOf(files: readonly FoundFile[], problems: ConfigProblem[]): HostConfig["keys"] {
  const others: readonly string[] = ["", ...folders.repo, ...folders.domains];
  const all = files
    .filter(({ folder }) => !others.includes(folder))
    .map(({ file, text, problem }) => {
      if (text !== null) return parseAuthorizedKeys(file, text);
      const fix = "put a plain text file with public keys there";
      return { keys: [], problems: [wholeFile(file, problem ?? "", fix)] };
    });
  problems.push(...all.flatMap((it) => it.problems));
  return distinctKeys(all.flatMap((it) => it.keys));
}

/** Files of these folders in their order; `.yml` before `.yaml`. */
function inFolders(files: readonly FoundFile[], order: readonly string[]): FoundFile[] {
  const yml = files.filter(({ name }) => name.endsWith(".yml"));
  const yaml = files.filter(({ name }) => name.endsWith(".yaml"));
  return order.flatMap((folder) => [...yml, ...yaml].filter((it) => it.folder === folder));
}

function nameOf(file: FoundFile, rule: NameRule, problems: ConfigProblem[]): string | null {
  const stem = file.name.replace(/\.ya?ml$/, "");
  const checked = rule.safeParse(stem);
  if (checked.success) return checked.data;
  const what = rule === AppName ? "an app" : "a domain";
  const words = checked.error.issues[0]?.message ?? "choose another name";
  problems.push(wholeFile(file.file, `${shown(stem)} cannot name ${what}`, `rename it: ${words}`));
  return null;
}

function isTaken(
  name: string,
  earlier: string | undefined,
  { file }: FoundFile,
  problems: ConfigProblem[],
): boolean {
  if (earlier === undefined) return false;
  const problem = `${name} is described by ${earlier} already`;
  problems.push(wholeFile(file, problem, "keep one of the two files"));
  return true;
}

/** A file may have any name; what is printed of it moves no cursor. */
function printable(problem: ConfigProblem): ConfigProblem {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out here
  const file = problem.file.replaceAll(/[\0-\x1f\x7f]/g, "?");
  return { ...problem, file };
}

function wholeFile(
  file: string,
  problem: string,
  fix: string,
  severity: ConfigProblem["severity"] = "error",
): ConfigProblem {
  return { severity, file, line: 0, key: "", problem, fix };
}
