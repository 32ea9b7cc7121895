import assert from "node:assert/strict";
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import type { TestContext } from "node:test";
import type { SignOn } from "#domain/sign-in.ts";
import type { Store } from "#domain/store.ts";
import { createSignIn } from "#drivers/sign-in/sign-in.ts";
import { hashOf } from "#engine/people/callers.ts";
import { announcing } from "#engine/announce.ts";
import { createChangeFeed } from "#engine/feed.ts";
import { createPeople, type People } from "#engine/people/people.ts";
import { machineClock } from "#lib/clock.ts";
import { createHttpServer } from "#server/http/server.ts";
import { appRows } from "#store/apps.ts";
import { openDatabase } from "#store/database.ts";
import { domainRows } from "#store/domains.ts";
import { eventRows } from "#store/events.ts";
import { keyRows } from "#store/keys.ts";
import { peopleRows } from "#store/people.ts";
import { signInRows } from "#store/sign-in.ts";
import { createFakeEngine, noRows, type FakeEngine } from "./fake-engine.ts";
import { moment } from "./factories.ts";

// The time that one address of `localhost` gets; loading the library alone can take as long as that.
setDefaultAutoSelectFamilyAttemptTimeout(10_000);

export type PeopleWorld = {
  readonly engine: FakeEngine;
  readonly store: Store;
  /** What is kept of sessions and of sign-ins that are under way, as text. */
  readonly kept: () => string;
  readonly people: People;
  readonly url: string;
  /** From now on people type another address, and a proxy leads here. */
  readonly moveTo: (url: string) => void;
  readonly browser: () => Browser;
  readonly listenSocket: (path: string) => Promise<void>;
};

/** A browser: it keeps cookies, and says where its page is from. */
export type Browser = {
  readonly cookies: Map<string, string>;
  readonly send: (method: string, path: string, body?: unknown, headers?: Extra) => Promise<Page>;
};
type Extra = Readonly<Record<string, string>>;
export type Page = {
  readonly status: number;
  readonly body: any; // eslint-disable-line typescript/no-explicit-any -- whatever was answered
  readonly headers: Headers;
};

/** The HTTP door over real people, a real database and the real way to sign in; apps are pretended. */
export async function startPeople(t: TestContext, signOn?: SignOn): Promise<PeopleWorld> {
  const { db, close } = openDatabase(":memory:");
  t.after(close);
  const rows = {
    ...noRows,
    apps: appRows(db),
    jobs: { get: (id: number) => jobsOf[id] ?? null },
    domains: domainRows(db),
    events: eventRows(db),
    keys: keyRows(db),
    people: peopleRows(db),
    signIn: signInRows(db),
  };
  const feed = createChangeFeed();
  // What is asked here is asked of these rows only.
  const store = announcing(
    {
      transaction: (work: () => unknown) => db.transaction(() => work()),
      ...rows,
    } as unknown as Store,
    feed.tell,
  );
  for (const name of ["shop", "blog"]) store.apps.add({ name, managedBy: null, createdAt: moment });
  const place = { url: "http://localhost" };
  const signIn = createSignIn({
    rows: store.signIn,
    secret: "a secret of this test alone, and of no other one",
    url: () => place.url,
    signOn: () => (signOn ? { ...signOn, clientSecretFile: "secret" } : null),
    readSecret: async () => signOn?.clientSecret ?? "",
    takeLink: (secret) => store.people.links.take(hashOf(secret), machineClock.now()),
    now: machineClock.now,
    log: { error: () => {} },
  });
  const access = { write: async () => {} };
  // It stands still, so that nobody who must wait has waited, however slow the machine is.
  const startedAt = machineClock.now();
  const people = createPeople({
    store,
    clock: { ...machineClock, now: () => startedAt },
    access,
    signIn,
    url: () => place.url,
    teamAppsMax: () => 3,
    door: "api",
  });
  const engine = createFakeEngine({ people, listen: feed.listen });
  const mistakes: unknown[] = [];
  const server = createHttpServer({
    engine,
    version: "1",
    tokenOk: () => false,
    log: { error: (fields) => void mistakes.push(fields) },
    surroundings: {
      url: () => place.url,
      trustedProxies: () => [],
      signOnName: () => signOn?.name ?? null,
    },
  });
  t.after(async () => {
    await server[Symbol.asyncDispose]();
    assert.deepEqual(mistakes, [], "no answer is Berth's own mistake");
  });
  place.url = `http://localhost:${await server.listenTcp("127.0.0.1", 0)}`;
  return {
    engine,
    store,
    kept: () => {
      const all = [{ field: "id", is: "ne", value: "", any: false }] as const;
      const models = ["session", "verification"] as const;
      return JSON.stringify(models.map((model) => store.signIn.find(model, all)));
    },
    people,
    url: place.url,
    moveTo: (url) => void (place.url = url),
    browser: () => openBrowser(place.url),
    listenSocket: server.listenSocket,
  };
}

/** Jobs of one app each, and no other one. */
const jobsOf: Readonly<Record<number, { readonly appId: number }>> = {
  12: { appId: 1 },
  13: { appId: 2 },
};

export function openBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    send: async (method, path, body, headers = {}) => {
      const answer = await fetch(new URL(path, url), {
        method,
        redirect: "manual",
        headers: {
          ...(method === "GET" ? {} : { origin: url }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          "user-agent": "test browser",
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const line of answer.headers.getSetCookie()) keep(cookies, line);
      const text = await answer.text();
      const isJson = answer.headers.get("content-type")?.includes("json");
      return {
        status: answer.status,
        headers: answer.headers,
        body: isJson && text !== "" ? JSON.parse(text) : text,
      };
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/max-age=0/i.test(line) || value === "") cookies.delete(name);
  else cookies.set(name, value);
}
