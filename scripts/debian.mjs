import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { capture } from "./child.mjs";
import { SetupError, step, tailOf } from "./progress.mjs";

const packages = JSON.parse(
  readFileSync(new URL("../src/setup/packages.json", import.meta.url), "utf8"),
);
const policyFile = "/usr/sbin/policy-rc.d";
const policyMark = "# Written by Berth's set-up";
const aptEnv = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };

/** Names of the Debian packages that a purpose needs: `run`, or `test` (which runs Berth, too). */
export function neededPackages(purpose) {
  return purpose === "test" ? [...packages.run, ...packages.test] : packages.run;
}

/** Which of `wanted` are not installed; null where there is no dpkg to ask. */
export async function missingPackages(wanted) {
  const argv = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", ...wanted];
  const asked = await capture(argv).catch((error) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return asked && parseMissing(wanted, asked.stdout);
}

/** Reads dpkg-query's lines `name status`; a name it does not know has no line. */
export function parseMissing(wanted, text) {
  const installed = new Set();
  for (const line of text.split("\n")) {
    const [name, status] = line.split(" ");
    if (status === "installed") installed.add(name);
  }
  return wanted.filter((name) => !installed.has(name));
}

/** What someone who is not root is told. */
export function renderRequest(missing) {
  return `Berth needs ${missing.length} Debian package${missing.length === 1 ? "" : "s"} more, and only root can install them. Type:

  sudo apt-get install -y --no-install-recommends ${missing.join(" ")}

Then run the same command again. (If apt-get does not know them: sudo apt-get update)`;
}

/** Installs Debian packages without starting or enabling the services that come with them. */
export async function installPackages(missing) {
  if (process.getuid() !== 0) throw new SetupError(renderRequest(missing));
  const title = `Installing ${missing.length} Debian package${missing.length === 1 ? "" : "s"}`;
  await step(`${title} (${missing.join(", ")})`, () => withoutServices(() => install(missing)));
  for (const name of missing) await disableService(packages.services[name]);
}

async function install(missing) {
  const argv = ["apt-get", "install", "-y", "--no-install-recommends", "--", ...missing];
  if (await hasCandidates(missing)) {
    if ((await apt(argv)).code === 0) return;
  }
  // No lists yet, or lists so old that they name files which are gone.
  const update = await apt(["apt-get", "update"]);
  const result = await apt(argv);
  if (result.code === 0) return;
  const output = update.code === 0 ? result.output : `${update.output}\n${result.output}`;
  throw new SetupError(`apt-get could not install ${missing.join(" ")}:
${tailOf(output)}
See what is wrong with: ${argv.join(" ")}`);
}

async function hasCandidates(names) {
  const { stdout } = await capture(["apt-cache", "policy", "--", ...names], { env: aptEnv });
  return countCandidates(stdout) === names.length;
}

/** How many packages `apt-cache policy` knows where to get. */
export function countCandidates(text) {
  return text.split("\n").filter((line) => /^ {2}Candidate: (?!\(none\))/.test(line)).length;
}

/** Another apt may be at work (a fresh machine updates itself): waits for it, up to five minutes. */
function apt([program, ...args]) {
  return capture([program, "-o", "DPkg::Lock::Timeout=300", ...args], { env: aptEnv });
}

/** Packages ask policy-rc.d before they start a service. A machine that has one already keeps its own. */
async function withoutServices(work) {
  removeOwnPolicy();
  const write = !existsSync(policyFile);
  if (write) writeFileSync(policyFile, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
  const onSignal = (signal) => {
    removeOwnPolicy();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, onSignal);
    removeOwnPolicy();
  }
}

/** Also takes away one that a killed set-up left behind: it would keep every service from starting. */
export function removeOwnPolicy() {
  if (existsSync(policyFile) && readFileSync(policyFile, "utf8").includes(policyMark)) {
    rmSync(policyFile);
  }
}

/** Berth runs its own nginx and sshd; the ones that came along must not take ports at the next boot. */
async function disableService(service) {
  if (!service) return;
  await capture(["update-rc.d", service, "disable"], { env: aptEnv }).catch(() => null);
}
