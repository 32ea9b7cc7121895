import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { ConfigProblem, HostConfig, HostSettings } from "#domain/host-config.ts";
import { machineClock } from "#lib/clock.ts";
import { keepThoseOfStart } from "./at-start.ts";
import { createCertificateCheck, type SecuredDomain } from "./certificates.ts";
import { filesInForce, type LastGood } from "./in-force.ts";
import { checkInstancePorts } from "./instance-ports.ts";
import { folders, interpret, settingsFiles } from "./interpret.ts";
import { type FileCache, type Folder, type FoundFile, readFolder } from "./read-files.ts";
import { watchFolders } from "./watch-folders.ts";

export type ConfigDirectoryOptions = {
  readonly dir: string;
  /** Further folders with public keys, such as ~/.ssh/authorized_keys.d. */
  readonly keyDirs?: readonly string[];
  readonly lastGood: LastGood;
};

export type ConfigDirectory = {
  /** What the directory says now. Never throws for what a person wrote there. */
  readonly read: () => Promise<HostConfig>;
  /**
   * Calls back with the whole configuration after each change since the last `read`, once the
   * directory has been quiet for 100 ms, and at the latest 200 ms after the change.
   */
  readonly watch: (onChange: (config: HostConfig) => void) => AsyncDisposable;
};

type Snapshot = {
  readonly files: readonly FoundFile[];
  /** What the files alone say. */
  readonly said: { readonly config: HostConfig; readonly secured: readonly SecuredDomain[] };
  readonly warnings: readonly ConfigProblem[];
  readonly config: HostConfig;
};

const quietMs = 100;
const waitMaxMs = 200;
/** Certificates stand outside of the directory and are not watched. */
const certificatesEveryMs = 10_000;
/** Looking at them takes no more than this part of the time, however many there are. */
const lookingMax = 1 / 200;

/** The configuration directory: pyPaaS's layout, read whole and watched. */
export function createConfigDirectory(options: ConfigDirectoryOptions): ConfigDirectory {
  const { yaml, keys } = foldersOf(options);
  const cache: FileCache = new Map();
  const inForce = filesInForce(options.lastGood);
  const warningsOf = createWarnings();
  let last: Snapshot | null = null;
  let atStart: HostSettings | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  async function readNow(): Promise<Snapshot> {
    const found = await Promise.all([
      ...yaml.map((folder) => readFolder(folder, (name) => /\.ya?ml$/.test(name), cache)),
      ...keys.map((folder) => readFolder(folder, () => true, cache)),
    ]);
    const files = found.flat().flatMap((file) => [file, ...keptOf(file, last)]);
    const here = new Set(files.map(({ file }) => file));
    for (const file of cache.keys()) if (!here.has(file)) cache.delete(file);
    const isOld = last !== null && isSame(last.files, files);
    if (!isOld) inForce.keepOnly(files);
    const said = isOld && last ? last.said : interpret(files, inForce);
    const warnings = await warningsOf(said, atStart, files);
    if (isOld && last && isDeepStrictEqual(last.warnings, warnings)) return last;
    last = { files, said, warnings, config: together(said.config, warnings) };
    return last;
  }

  function together(config: HostConfig, warnings: readonly ConfigProblem[]): HostConfig {
    atStart ??= config.settings;
    const kept = keepThoseOfStart(atStart, config.settings, settingsFileIn(last?.files ?? []));
    const problems = [...config.problems, ...kept.problems, ...warnings];
    return { ...config, settings: kept.settings, problems };
  }

  /** One after the other: two readings at once could end in the wrong order. */
  function readInTurn(): Promise<Snapshot> {
    const next = queue.then(readNow);
    queue = next.catch(() => null); // whoever asked for it gets the error
    return next;
  }

  return {
    read: async () => (await readInTurn()).config,
    watch: (onChange) => {
      const paths = [...yaml, ...keys].map(({ path }) => path);
      const namesCertificates = () => (last?.said.secured.length ?? 0) > 0;
      return followChanges({ paths, first: last, read: readInTurn, namesCertificates, onChange });
    },
  };
}

type Following = {
  readonly paths: readonly string[];
  readonly first: Snapshot | null;
  readonly read: () => Promise<Snapshot>;
  readonly namesCertificates: () => boolean;
  readonly onChange: (config: HostConfig) => void;
};

function followChanges(following: Following): AsyncDisposable {
  const { paths, first, read, namesCertificates, onChange } = following;
  let told: HostConfig | undefined = first?.config;
  let running: Promise<void> = Promise.resolve();
  let quiet: NodeJS.Timeout | undefined;
  let limit: NodeJS.Timeout | undefined;
  let isClosed = false;
  const watched = watchFolders(paths, onEvent);
  const lookLater = (waitMs: number) => setTimeout(() => void lookAgain(), waitMs);
  let later = lookLater(certificatesEveryMs);

  async function lookAgain(): Promise<void> {
    const startedMs = performance.now();
    if (namesCertificates()) check();
    await running;
    const waitMs = (performance.now() - startedMs) / lookingMax;
    if (!isClosed) later = lookLater(Math.max(certificatesEveryMs, waitMs));
  }

  function onEvent(): void {
    clearTimeout(quiet);
    quiet = setTimeout(check, quietMs);
    limit ??= setTimeout(check, waitMaxMs);
  }

  function check(): void {
    clearTimeout(quiet);
    clearTimeout(limit);
    limit = undefined;
    running = running.then(tell);
  }

  async function tell(): Promise<void> {
    if (isClosed) return;
    const unwatched = watched.arm(); // before reading, so that no change falls in between
    const { config } = await read();
    if (isClosed || config === told) return;
    told = config;
    onChange({ ...config, problems: [...config.problems, ...unwatched.map(notWatched)] });
  }

  check();
  return {
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(quiet);
      clearTimeout(limit);
      clearTimeout(later);
      watched.close();
      await running;
    },
  };
}

function foldersOf({ dir, keyDirs = [] }: ConfigDirectoryOptions): {
  yaml: Folder[];
  keys: Folder[];
} {
  const path = resolve(dir);
  const inside = (label: string) => ({ path: join(path, label), label });
  return {
    yaml: [{ path, label: "" }, ...[...folders.repo, ...folders.domains].map(inside)],
    keys: [
      inside(folders.keys),
      ...keyDirs.map((it) => resolve(it)).map((it) => ({ path: it, label: it })),
    ],
  };
}

function settingsFileIn(files: readonly FoundFile[]): string {
  return files.find(({ name }) => settingsFiles.includes(name))?.file ?? "berth.yml";
}

/** Gives what is not wrong in the files, but with what they name. */
function createWarnings() {
  const checkCertificates = createCertificateCheck();
  return async (
    { secured, config }: Snapshot["said"],
    atStart: HostSettings | null,
    files: readonly FoundFile[],
  ): Promise<ConfigProblem[]> => [
    ...(await checkCertificates(secured, machineClock.now())),
    ...(await checkInstancePorts(atStart ?? config.settings, settingsFileIn(files))),
  ];
}

/** What a folder held when it could still be read. */
function keptOf({ name, folder }: FoundFile, last: Snapshot | null): readonly FoundFile[] {
  if (name !== "" || !last) return [];
  return last.files.filter((file) => file.folder === folder && file.name !== "");
}

function isSame(before: readonly FoundFile[], after: readonly FoundFile[]): boolean {
  const hasSameText = (a: FoundFile, b: FoundFile | undefined) =>
    a.file === b?.file && a.text === b.text && a.problem === b.problem;
  return before.length === after.length && before.every((it, i) => hasSameText(it, after[i]));
}

function notWatched(path: string): ConfigProblem {
  return {
    severity: "warning",
    file: path,
    line: 0,
    key: "",
    problem: "changes are not noticed: the kernel watches no more folders",
    fix: "raise fs.inotify.max_user_watches, then restart Berth",
  };
}
