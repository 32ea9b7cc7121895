import { PlatformError } from "#domain/errors.ts";
import { HostSettings } from "#domain/host-config.ts";
import type { ChangeListener } from "#domain/changes.ts";
import type { Job } from "#domain/job.ts";
import { instanceLimits } from "#domain/limits.ts";
import { Secret } from "#domain/secret.ts";
import { createMemorySignIn } from "#drivers/sign-in/memory.ts";
import { createPeople } from "#engine/people/people.ts";
import { machineClock } from "#lib/clock.ts";
import { appRows } from "#store/apps.ts";
import { openDatabase } from "#store/database.ts";
import { keyRows } from "#store/keys.ts";
import { onceRows } from "#store/once.ts";
import { peopleRows } from "#store/people.ts";
import type { Store } from "#domain/store.ts";
import { inputBytesMax, sessionFrames, type Session } from "#domain/runner.ts";
import { createOnce } from "#engine/once.ts";
import type { Engine } from "#engine/engine.ts";
import { encodeFrame, frameReader } from "#lib/frames.ts";
import { madeShop, moment } from "./factories.ts";
import {
  domain,
  doneJob,
  drain,
  instance,
  key,
  notification,
  shop,
  shopRelease,
  shopStatus,
} from "./fake-nouns.ts";

export type FakeEngine = Engine & {
  /** Each call as `verb argument argument`, in order. */
  readonly calls: string[];
  /** What a job prints, by its id; without one it prints `building` and is done. */
  readonly outputs: Map<number, AsyncIterable<{ offset: number; text: string }>>;
  /** Tells whoever listens. */
  readonly change: ChangeListener;
  readonly listeners: ReadonlySet<ChangeListener>;
  /** How many log followers are listening. */
  followers: number;
};

const hostileText = "red \u001b[31malert\u001b[0m \u001b]0;title\u0007 \u202egnp";

/** An engine with one app, `shop`, that remembers what it was asked and does nothing. */
export function createFakeEngine(overrides: Partial<Engine> = {}): FakeEngine {
  const calls: string[] = [];
  const listeners = new Set<ChangeListener>();
  const note = (...words: unknown[]): void => void calls.push(words.map(wordOf).join(" "));
  const job = (kind: Job["kind"], target: string): Job => ({ ...doneJob, kind, target });
  const engine: FakeEngine = {
    calls,
    outputs: new Map(),
    followers: 0,
    people: createPeople({
      store: emptyStore(),
      clock: machineClock,
      door: "cli",
      access: { write: async () => {} },
      signIn: createMemorySignIn(),
      url: () => "http://localhost:42500",
      teamAppsMax: () => 500,
    }),
    change: (change) => {
      for (const listener of listeners) listener(change);
    },
    listeners,
    createApp: async (name, actor) => (note("createApp", name, actor), { ...shop, name }),
    listApps: async () => [shopStatus],
    appInfo: async (app) => {
      if (!["shop", "blog"].includes(app)) throw new PlatformError("app_not_found", { app });
      return shopStatus;
    },
    setNetwork: async (app, network, actor) => note("setNetwork", app, network, actor),
    destroyApp: async (app, actor) => (note("destroyApp", app, actor), job("destroy", app)),
    listReleases: async () => ({ releases: [shopRelease], currentId: shopRelease.id }),
    releaseInfo: async (target, number) => (note("releaseInfo", target, number), shopRelease),
    diffReleases: async (target, from, to) => (
      note("diffReleases", target, from, to),
      { from: shopRelease, to: shopRelease, code: null, config: [] }
    ),
    rollback: async (target, number, actor) => (
      note("rollback", target, number, actor),
      job("release", target)
    ),
    configVars: async () => ({ GREETING: "hello", SECRET: Secret.of("s3cret") }),
    revealConfigVars: async (target, names, actor) => (
      note("revealConfigVars", target, names, actor),
      { GREETING: "hello", SECRET: "s3cret" }
    ),
    rotateSecrets: async (actor) => (note("rotateSecrets", actor), { key: "0123456789ab" }),
    setConfigVars: async (target, changes, actor) => (
      note("setConfigVars", target, changes, actor),
      Object.keys(changes).includes("SAME") ? null : job("release", target)
    ),
    listInstances: async () => [instance],
    scale: async (target, formation, actor) => (
      note("scale", target, formation, actor),
      job("release", target)
    ),
    limits: async () => [
      {
        scope: { kind: "type", processType: "web" },
        limits: instanceLimits,
        chosen: ["memory"],
        used: { memoryBytes: 31 * 1024 ** 2, cpuCores: 0.5 },
        notes: [
          "memory=512M is more than there is: an app has at most 384M of this machine's 512M.",
        ],
      },
    ],
    scoreCards: async () => [
      {
        app: "shop",
        lines: [
          { name: "user", what: "A user of its own", holds: true, found: "uid 1900000001" },
          { name: "fence", what: "Its own ports alone", holds: false, found: "there is no fence" },
        ],
      },
    ],
    setLimits: async (target, change, actor) => (
      note("setLimits", target, change, actor),
      job("release", target)
    ),
    restart: async (target, which, actor) => (
      note("restart", target, which, actor),
      job("restart", target)
    ),
    stopBranch: async (target) => job("stop", target),
    startBranch: async (target) => job("start", target),
    async *logs(target, query, signal) {
      note("logs", target, query);
      yield { at: "12:00", source: "web.1", text: hostileText };
      if (!query.follow) return;
      engine.followers += 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      engine.followers -= 1;
    },
    createRun: async (target, { command }, actor) => (
      note("createRun", target, command, actor),
      { id: "secret", job: 1 }
    ),
    openRun: (run) => (run === "secret" ? echoSession() : null),
    customCommands: async (target, names) => (note("customCommands", target, names), [...names]),
    listDomains: async () => [],
    addDomain: async (target, name) => (note("addDomain", target, name), domain(name)),
    removeDomain: async (target, name) => note("removeDomain", target, name),
    listKeys: async () => [key],
    addKey: async (name, line, actor) => (note("addKey", name, line.trim(), actor), key),
    removeKey: async (name) => note("removeKey", name),
    rebuildKeys: async () => 1,
    listEvents: async (query) => (note("listEvents", query), [madeShop]),
    metrics: async ({ target, names }) => (
      note("metrics", target, names),
      {
        from: moment,
        stepS: 30,
        series: [
          { name: "requests", unit: "1/s", processType: "web", instance: null, values: [0, 2, 1] },
          { name: "bytes", unit: "bytes/s", processType: "web", instance: null, values: [0, 9, 1] },
          { name: "memory", unit: "bytes", processType: "web", instance: "web.1", values: [null] },
        ],
      }
    ),
    overview: async () => [
      {
        target: "shop",
        from: moment,
        stepS: 120,
        requests: [3, 4],
        failures: [0, 1],
        cpuCores: 0.5,
        memoryBytes: 2_000_000,
      },
    ],
    metricFamilies: () => [
      {
        name: "berth_requests_total",
        type: "counter",
        help: "Requests.",
        samples: [{ labels: { app: "shop" }, value: 3 }],
      },
    ],
    listDrains: async () => [drain],
    addDrain: async (asked, actor) => (note("addDrain", asked, actor), drain),
    removeDrain: async (target, id, actor) => note("removeDrain", target, id, actor),
    listNotifications: async ({ target }) => (note("listNotifications", target), [notification]),
    addNotification: async (asked, actor) => (
      note("addNotification", asked, actor),
      { notification, signingSecret: asked.kind === "webhook" ? "whsec_c2VjcmV0" : null }
    ),
    setNotification: async ({ target }, change, actor) => (
      note("setNotification", target, change, actor),
      notification
    ),
    removeNotification: async ({ target }, id, actor) =>
      note("removeNotification", target, id, actor),
    testNotification: async ({ target }, id, actor) => {
      note("testNotification", target, id, actor);
      if (id === 3) return;
      const details = { address: "https://a.test/…", problem: "it answered 500", notification: id };
      throw new PlatformError("notification_failed", details);
    },
    createOnPush: async (name, actor) => (note("createOnPush", name, actor), { ...shop, name }),
    openRepository: async (app) => ({ directory: `/repos/${app}`, app, pushBytesMax: 1024 }),
    readRepository: async (app) => ({ directory: `/repos/${app}`, app }),
    deploy: async (push) => (note("deploy", push), job("deploy", push.app)),
    rebuild: async (target) => (note("rebuild", target), [job("rebuild", target ?? "shop")]),
    cleanup: async () => job("cleanup", ""),
    job: async (id) => {
      if (id !== doneJob.id) throw new PlatformError("job_not_found", { job: id });
      return doneJob;
    },
    listJobs: async (query) => (note("listJobs", query), [doneJob]),
    async *followJob(id, offset) {
      note("followJob", id, offset);
      yield* engine.outputs.get(id) ?? oneLine();
      yield { job: await engine.job(id) };
    },
    abortJob: async (id, actor) => (note("abortJob", id, actor), doneJob),
    listen: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    once: createOnce({ store: emptyStore(), clock: machineClock }),
    through: () => engine,
    status: async () => ({
      version: "0.0.0",
      home: "/home",
      account: "berth",
      settings: HostSettings.parse({}),
      startedAt: moment,
      apps: 1,
      instances: 1,
      isolation: [{ what: "own user for each app", inForce: true }],
      problems: [],
    }),
    shutDown: async () => note("shutDown"),
  };
  return Object.assign(engine, overrides);
}

/** Gives back its input as output, and ends with code 7. */
function echoSession(): Session {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const read = frameReader(inputBytesMax);
  const send = (type: number, payload: Uint8Array | string) =>
    void writer.write(encodeFrame(type, payload)).catch(() => {});
  const outcome = { code: 7, signal: null, timedOut: false };
  return {
    bytes: readable,
    write: async (bytes) => {
      for (const { type, payload } of read(bytes)) {
        if (type === sessionFrames.input) send(sessionFrames.output, payload);
        if (type !== sessionFrames.endOfInput) continue;
        send(sessionFrames.result, JSON.stringify({ value: outcome }));
        void writer.close().catch(() => {});
      }
    },
    close: () => void writer.abort().catch(() => {}),
  };
}

async function* oneLine(): AsyncGenerator<{ offset: number; text: string }> {
  yield { offset: 9, text: "building\n" };
}

function wordOf(word: unknown): string {
  return typeof word === "string" ? word : JSON.stringify(word);
}

/** The rows that people are made of; nothing else is asked of it. */
function emptyStore(): Store {
  const { db } = openDatabase(":memory:");
  const rows = {
    apps: appRows(db),
    keys: keyRows(db),
    people: peopleRows(db),
    once: onceRows(db),
  };
  return {
    transaction: (work: () => unknown) => db.transaction(() => work()),
    ...noRows,
    ...rows,
  } as unknown as Store;
}

/** Of what these tests have nothing, for whoever asks what is so. */
export const noRows = {
  branches: { of: () => [] },
  domains: { list: () => [], of: () => [] },
  drains: { list: () => [] },
  jobs: { get: () => null },
  notifications: { list: () => [] },
  secrets: { key: () => "key" },
};
