import { readFileSync } from "node:fs";
import { access, constants, glob } from "node:fs/promises";
import { join } from "node:path";
import { checkout } from "#lib/checkout.ts";
import { bareEnv, exec } from "#lib/exec.ts";

/** Something that Berth needs on the machine and does not find. */
export type MissingProgram = {
  readonly name: string;
  /** The Debian package that brings it. */
  readonly debianPackage: string;
  readonly problem: string;
};

type Needs = {
  readonly programs: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
};

const gitVersionMin = [2, 30] as const;

/** What Berth needs to run and this machine lacks: programs, nginx modules, Lua libraries; and a git too old. */
export async function missingPrograms(
  directories: string = bareEnv.PATH,
): Promise<MissingProgram[]> {
  const needs = readNeeds();
  const programs = Object.entries(needs.programs).map(async ([name, debianPackage]) =>
    (await isOnPath(name, directories))
      ? null
      : { name, debianPackage, problem: "is not installed" },
  );
  const files = Object.entries(needs.files).map(async ([name, debianPackage]) =>
    (await hasMatch(name)) ? null : { name, debianPackage, problem: "is not there" },
  );
  const missing = (await Promise.all([...programs, ...files])).filter((it) => it !== null);
  if (missing.some(({ name }) => name === "git")) return missing;
  const problem = gitProblem(
    await exec(["git", "--version"], { env: { ...bareEnv, PATH: directories } }),
  );
  return problem === null ? missing : [...missing, { name: "git", debianPackage: "git", problem }];
}

/** Why this git will not do, from what `git --version` prints; null when it will. */
export function gitProblem(versionLine: string): string | null {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(versionLine) ?? [];
  const [majorMin, minorMin] = gitVersionMin;
  if (major === undefined || minor === undefined) return "does not tell its version";
  const isNewEnough =
    Number(major) > majorMin || (Number(major) === majorMin && Number(minor) >= minorMin);
  return isNewEnough ? null : `is ${major}.${minor}; Berth needs ${majorMin}.${minorMin} or newer`;
}

/** The list is data because the set-up, which runs before any TypeScript can, reads it too. */
function readNeeds(): Needs {
  const list: Needs = JSON.parse(readFileSync(join(checkout, "src/setup/packages.json"), "utf8"));
  return list;
}

async function isOnPath(program: string, directories: string): Promise<boolean> {
  const found = directories.split(":").map((directory) =>
    access(join(directory, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}

async function hasMatch(pattern: string): Promise<boolean> {
  for await (const _ of glob(pattern)) return true;
  return false;
}
