import { join } from "node:path";
import { PlatformError } from "#domain/errors.ts";
import { readIfThere } from "#lib/files.ts";
import { backUp, restore, type BackupFile } from "./backup.ts";
import { bringUp, type Begun, type Place } from "./bring-up.ts";
import { examine } from "./doctor.ts";
import { renderDoors } from "./doors.ts";
import { ensureFirstKey, pushSample } from "./first-app.ts";
import { install, uninstall } from "./install.ts";
import { homeLayout } from "./layout.ts";
import type { Out } from "./out.ts";
import { isAnythingUp, isTreeUp, stopTree } from "./up.ts";

export type LifecycleOptions = Place & {
  /** What is asked of a running berthd. */
  readonly api: {
    readonly shutDown: (home: string) => Promise<void>;
    readonly appNames: (home: string) => Promise<string[]>;
    readonly createApp: (home: string, name: string) => Promise<void>;
    readonly addKey: (home: string, name: string, line: string) => Promise<void>;
    /** A one-time sign-in link, as long as nobody can sign in without one; else null. */
    readonly firstLink: (home: string) => Promise<string | null>;
    /** What is wrong with configuration files, in lines. */
    readonly problems: (home: string) => Promise<string[]>;
  };
  /**
   * Resolves when the person wants it to end: Ctrl-C, a termination, the terminal gone. From the
   * call on these end nothing by themselves, so that a start is never left half-way.
   */
  readonly untilInterrupted: () => Promise<void>;
  /** The person's own home directory, whose public keys may push. */
  readonly person: string;
};

const usualPerson = "you";

/** What a person at the machine does with Berth as a whole. */
export function createLifecycle(options: LifecycleOptions) {
  return {
    up: (home: string, { detach }: { detach: boolean }, out: Out): Promise<number> =>
      up({ ...options, home }, detach, out),
    start: async (home: string, out: Out): Promise<number> => {
      if (await isTreeUp(home)) return up({ ...options, home }, false, out);
      const interrupted = options.untilInterrupted();
      const begun = await bringUp(options, home, out);
      await firstSteps(options, begun, out);
      return stayInForeground(options, { begun, interrupted }, out);
    },
    down: async (home: string, out: Out): Promise<number> => {
      if (!(await end(options, home, out))) out.note(`Berth does not run in ${home}.`);
      return 0;
    },
    install: async (home: string, out: Out): Promise<number> => {
      await install({ ...options, home }, out);
      return 0;
    },
    uninstall: async (
      home: string,
      wanted: { readonly confirmed: boolean; readonly keepsHome: boolean },
      out: Out,
    ): Promise<number> => {
      const down = async () => void (await end(options, home, out));
      await uninstall({ ...options, ...wanted, home, down }, out);
      return 0;
    },
    backup: async (home: string, wanted: BackupFile, out: Out): Promise<number> => {
      await backUp({ ...options, ...wanted, home }, out);
      return 0;
    },
    restore: async (home: string, file: string, out: Out): Promise<number> => {
      await restore({ ...options, home, file }, out);
      return 0;
    },
    doctor: async (home: string, out: Out): Promise<number> => examine(home, out),
  };
}

type Up = LifecycleOptions & { readonly home: string };

async function up({ home, ...options }: Up, detach: boolean, out: Out): Promise<number> {
  if (await isTreeUp(home)) {
    out.note(`Berth runs already in ${home}. See it with berth status, stop it with berth down.`);
    return 0;
  }
  if (detach) {
    await printDoors(options, await bringUp(options, home, out), out);
    return 0;
  }
  const interrupted = options.untilInterrupted();
  const begun = await bringUp(options, home, out);
  await printDoors(options, begun, out);
  return stayInForeground(options, { begun, interrupted }, out);
}

/** Whether there was anything to end. */
async function end(options: LifecycleOptions, home: string, out: Out): Promise<boolean> {
  const isUp = await isAnythingUp(home);
  if (isUp) await takeDown(options, home, out);
  return isUp;
}

/** On an empty home: the person's keys, and a sample that is pushed as they would push. */
async function firstSteps(options: LifecycleOptions, begun: Begun, out: Out): Promise<void> {
  const { installation, settings } = begun;
  const { home, account } = installation;
  const { api } = options;
  const apps = await api.appNames(home);
  if (apps.length === 0) {
    const folder = homeLayout(home).firstApp;
    await api.addKey(home, "first-app", await ensureFirstKey(folder)).catch(ignoreKnownKey);
    const own = await addOwnKeys(options, home);
    if (own > 0) out.note(`Your public key${own > 1 ? "s" : ""} from ~/.ssh may push.`);
    await api.createApp(home, "hello");
    out.note("Deploying the sample app with git push");
    const remote = `ssh://${account.name}@127.0.0.1:${settings.listen.ssh}/hello`;
    const isLive = await pushSample({
      folder,
      example: join(options.checkout, "examples/hello"),
      remote,
    });
    if (!isLive)
      throw new PlatformError("command_failed", {
        command: "git push of the sample app",
        problem: "see above",
      });
  }
  if (apps.length === 0 || apps.includes("hello")) {
    out.line("");
    out.line(`Sample app   http://hello.${settings.suffix}:${settings.listen.direct}`);
  }
  await printDoors(options, begun, out);
}

async function addOwnKeys({ api, person }: LifecycleOptions, home: string): Promise<number> {
  let added = 0;
  for (const type of ["ed25519", "ecdsa", "rsa", "ed25519_sk", "ecdsa_sk"]) {
    const line = await readIfThere(join(person, ".ssh", `id_${type}.pub`));
    if (line === null) continue;
    await api
      .addKey(home, added === 0 ? usualPerson : `${usualPerson}-${type}`, line)
      .catch(ignoreKnownKey);
    added += 1;
  }
  return added;
}

function ignoreKnownKey(error: unknown): void {
  if ((error as { code?: unknown }).code !== "key_exists") throw error;
}

async function printDoors(options: LifecycleOptions, begun: Begun, out: Out): Promise<void> {
  const { home } = begun.installation;
  const link = await options.api.firstLink(home);
  for (const line of renderDoors({ ...options, ...begun, link })) out.line(line);
  for (const line of await options.api.problems(home)) out.note(line);
}

async function stayInForeground(
  options: LifecycleOptions,
  { begun, interrupted }: { readonly begun: Begun; readonly interrupted: Promise<void> },
  out: Out,
): Promise<number> {
  const { home } = begun.installation;
  out.note("Berth runs. Ctrl-C stops it.");
  await Promise.race([interrupted, begun.supervisor.untilEnded()]);
  if (await isTreeUp(home)) {
    await takeDown(options, home, out);
    return 0;
  }
  out.note(
    `Berth was ended from elsewhere. Start it again with berth up; its logs are in ${home}/logs`,
  );
  return 1;
}

/** Instances first, each with its time to end well; then everything else. */
async function takeDown({ api }: LifecycleOptions, home: string, out: Out): Promise<void> {
  out.note("Stopping Berth");
  await api.shutDown(home).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== "not_running") throw error;
  });
  await stopTree(home);
  out.note("Stopped. Everything comes back with berth up.");
}
