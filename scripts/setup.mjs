import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capture } from "./child.mjs";
import { ensureBuilds, outdatedBuilds } from "./builds.mjs";
import { installPackages, missingPackages, neededPackages, removeOwnPolicy } from "./debian.mjs";
import { SetupError, step, tailOf } from "./progress.mjs";

/** The directory that holds package.json. */
export const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that runs Berth: the one among its packages, whichever Node the machine has. */
export const node = join(checkout, "node_modules/node/bin/node");

/** The command line, as the set-up builds it. */
export const cli = join(checkout, "dist/bin/cli.js");

const installedLock = join(checkout, "node_modules/.berth-lock");
/**
 * What is native comes ready-made, but npm would compile some of it again, with tools that a server has
 * not; only the package that fetches Node needs its script.
 */
const npmCommands = [
  "npm install --no-save --no-audit --no-fund --include=dev --ignore-scripts".split(" "),
  "npm rebuild node".split(" "),
];

/**
 * Installs what is missing: Node packages, and Debian packages for `purpose` (`run`, `test`, or `none`),
 * and builds Berth's programs and its console unless they are up to date.
 * Does nothing, and says nothing, when all is there. Safe to run twice at once.
 */
export async function ensureSetup(purpose) {
  await ensureInstalled(purpose);
  if (purpose !== "none") await ensureBuilt();
}

/**
 * Builds Berth's programs and its console unless they are up to date.
 * @public The launcher in bin calls it.
 */
export async function ensureBuilt() {
  if (outdatedBuilds(checkout).length > 0) await withLock(() => ensureBuilds(checkout, node));
}

async function ensureInstalled(purpose) {
  const wanted = purpose === "none" ? [] : neededPackages(purpose);
  const missing = wanted.length > 0 ? await missingPackages(wanted) : [];
  if (missing === null) warnNotDebian(wanted);
  const needsDebian = missing !== null && missing.length > 0;
  if (!needsDebian && nodePackagesAreCurrent()) return;
  if (needsDebian && process.getuid() !== 0) await installPackages(missing);
  await withLock(async (lockFile) => {
    await ensureDebianPackages(wanted);
    await ensureNodePackages(lockFile);
  });
}

async function ensureDebianPackages(wanted) {
  if (wanted.length === 0) return;
  if (process.getuid() === 0) removeOwnPolicy();
  const missing = await missingPackages(wanted);
  if (missing && missing.length > 0) await installPackages(missing);
}

async function ensureNodePackages(lockFile) {
  if (nodePackagesAreCurrent()) return;
  const lock = lockHash();
  rmSync(installedLock, { force: true });
  await step("Installing Node packages", () => installNodePackages(lockFile));
  writeFileSync(installedLock, lock);
}

/** npm holds the lock as well: when the set-up is killed, the next one waits for its npm to end. */
async function installNodePackages(lockFile) {
  const stdio = ["ignore", "pipe", "pipe", lockFile];
  for (const argv of npmCommands) {
    const { code, output } = await capture(argv, { cwd: checkout, stdio }).catch(noNpm);
    if (code === 0) continue;
    throw new SetupError(`${argv.slice(0, 2).join(" ")} failed:
${tailOf(output)}
See what is wrong with: ${argv.join(" ")}`);
  }
  if (!existsSync(node)) throw new SetupError("npm left no Node in node_modules/node.");
}

function noNpm(error) {
  if (error.code !== "ENOENT") throw error;
  throw new SetupError(
    "npm is missing. It comes with Node 20 or newer: https://nodejs.org/en/download",
  );
}

function nodePackagesAreCurrent() {
  return (
    existsSync(node) &&
    existsSync(installedLock) &&
    readFileSync(installedLock, "utf8") === lockHash()
  );
}

function lockHash() {
  return createHash("sha256")
    .update(readFileSync(join(checkout, "package-lock.json")))
    .digest("hex");
}

/**
 * One set-up at a time in a checkout. The kernel drops the lock with the process that holds it,
 * so a killed set-up leaves none behind. @see flock(2): the child locks our own open file.
 */
async function withLock(work) {
  const file = openLock();
  const flock = (...options) =>
    capture(["flock", ...options, "3"], { stdio: ["ignore", "ignore", "inherit", file] }).catch(
      noFlock,
    );
  try {
    const { code } = await flock("--nonblock");
    if (code !== 0) await step("Waiting for another set-up", () => flock());
    return await work(file);
  } finally {
    closeSync(file);
  }
}

function openLock() {
  try {
    mkdirSync(join(checkout, ".cache"), { recursive: true });
    return openSync(join(checkout, ".cache/setup.lock"), "a");
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS"].includes(error.code)) throw error;
    throw new SetupError(`Berth in ${checkout} is not set up for this version, and you may not write there.
Have its owner type bin/berth up there, or use a copy of your own: git clone ${checkout}`);
  }
}

function noFlock(error) {
  if (error.code !== "ENOENT") throw error;
  throw new SetupError("flock is missing. On Debian it comes with the package util-linux.");
}

function warnNotDebian(wanted) {
  process.stderr.write(
    `This machine has no dpkg, so Berth cannot see whether these are installed: ${wanted.join(", ")}\n`,
  );
}
