import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import { authorize, type Reach } from "#domain/authorize.ts";
import { fullAccess, type Access, type Caller } from "#domain/caller.ts";
import type { Door } from "#domain/door.ts";
import { requestOverSocket } from "#lib/http-socket.ts";
import { temporaryFolder } from "../machine.ts";
import { startPeople, type PeopleWorld } from "../people-world.ts";
import { accessAs } from "../permissions-page.ts";
import { openWith } from "../signed-in.ts";

const people = ["outsider", "viewer", "deployer", "admin", "superuser"] as const;
type Name = (typeof people)[number];
type Answer = {
  readonly status: number;
  readonly code: string | undefined;
  readonly detail: string;
};
type Ask = (call: { method: string; path: string; body: string | null }) => Promise<Answer>;

/** Whose they are: shop belongs to the team of whoever has a role, blog to another team. */
const apps = ["shop", "blog", "nowhere"] as const;
type App = (typeof apps)[number];
const refs = { shop: { id: 1, teamId: 1 }, blog: { id: 2, teamId: 2 }, nowhere: null };
const jobs = { shop: 12, blog: 13, nowhere: 14 };
const teams = { shop: "main", blog: "other", nowhere: "nowhere" };

test("class 7, missing rights, and class 8, streams and terminals: every operation, through every door, for every role, on one's own and on another's app", async (t) => {
  const world = await startPeople(t);
  const wrong: string[] = [];
  let asked = 0;
  const asking = operations
    .filter(isAsked)
    .flatMap((operation) => apps.map((app) => ({ operation, app })));
  for (const name of people) {
    const doors = Object.entries(await doorsOf(t, world, name)) as [Door, Ask][];
    const cases = doors.flatMap(([door, ask]) => asking.map((it) => ({ ...it, name, door, ask })));
    for (const it of cases) {
      const problem = await difference(it.operation, it);
      const where = `${it.operation.id} by ${name} through ${it.door} on ${it.app}`;
      if (problem) wrong.push(`${where}: ${problem}`);
      asked += 1;
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(asked > 2500, `${asked} requests`);
});

const notAsked = [
  "platform.shutdown",
  "sessions.end",
  "users.remove",
  "account.password",
  "stream.open",
];

/** Left out are what ends the platform or the caller, what never ends, and what is a browser's alone. */
function isAsked({ id }: Operation): boolean {
  return !notAsked.includes(id);
}

type Case = {
  readonly name: Name;
  readonly door: Door;
  readonly app: App;
  readonly ask: Ask;
};

/** Where the answer is not what the table of permissions says; null when it is. */
async function difference(operation: Operation, given: Case): Promise<string | null> {
  const { name, door, app, ask } = given;
  const answer = await ask(requestFor(operation, app));
  if (operation.localOnly && door !== "ssh") {
    return answer.status === 403 ? null : `${answer.status} from outside`;
  }
  const isHidden = answer.code === `${thingOf(operation)}_not_found`;
  const isDenied = answer.status === 403 || answer.status === 401;
  const verdict = verdictOf(operation, given);
  const isLost = isHidden && app === "shop" && operation.needs.startsWith("app");
  if (verdict === "allowed") return isDenied || isLost ? `denied: ${answer.detail}` : null;
  if (verdict === "denied")
    return isDenied ? null : `let through: ${answer.status} ${answer.detail}`;
  return isHidden ? null : `not hidden: ${answer.status} ${answer.code} (${name})`;
}

function verdictOf(operation: Operation, { name, door, app }: Case) {
  const { needs } = operation;
  const caller: Caller = {
    kind: door === "api" ? "token" : "user",
    actor: name,
    userId: name,
    sessionId: null,
    door,
    address: null,
    access: accessOf(name),
  };
  const ref = refs[app];
  const isNamed = requestFor(operation, app).named;
  const reach: Reach = !isNamed
    ? {}
    : needs.startsWith("team:")
      ? { team: ref?.teamId ?? null }
      : { app: ref };
  return authorize(caller, needs, name === "superuser" ? {} : reach);
}

function accessOf(name: Name): Access {
  if (name === "superuser") return fullAccess;
  return accessAs(name === "outsider" ? null : name);
}

function thingOf(operation: Operation): string {
  if (operation.needs.startsWith("team:")) return "team";
  return operation.path.includes(":job") ? "job" : "app";
}

function requestFor(operation: Operation, app: App) {
  const values: Record<string, unknown> = {
    ...samples,
    app,
    target: app,
    job: jobs[app],
    team: teams[app],
  };
  const fill = (schema: z.ZodType) => sampleOf(schema, values);
  const params = fill(operation.params) as Record<string, string | number | undefined>;
  const path = operation.path.replaceAll(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(params[key] ?? "x")),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fill(operation.query) as object)) {
    query.set(key, String(value));
  }
  const body = operation.method === "GET" ? null : JSON.stringify(fill(operation.body));
  // Where the need is no team's, a team only makes a list shorter.
  const isOfTeam = operation.needs.startsWith("team:");
  const names = isOfTeam ? /\b(?:app|target|job|team)\b/ : /\b(?:app|target|job)\b/;
  const named =
    names.test(operation.path) || names.test([...query.keys()].join(" ")) || names.test(body ?? "");
  return { method: operation.method, path: `/api/v1${path}?${query.toString()}`, body, named };
}

/** What is given where a name alone says what would be right. */
const samples: Record<string, unknown> = {
  user: "viewer",
  role: "viewer",
  token: "ci",
  session: "none",
  domain: "a.example",
  release: "1",
  branch: "main",
  commit: "a".repeat(40),
  from: null,
  key: "ssh-ed25519 AAAA",
  command: "true",
  names: ["TOKEN"],
  password: "tin boat under lamp",
  confirm: "shop",
};

/** A value that a schema takes: what is named in `values`, else the least that will do. */
function sampleOf(schema: z.ZodType, values: Record<string, unknown>): unknown {
  if (!(schema instanceof z.ZodObject)) return {};
  const shape: Record<string, z.ZodType> = schema.shape;
  const entries = Object.entries(shape).flatMap(([key, part]) => {
    // `user` in a query means somebody else, which has a rule of its own.
    if (part.safeParse(undefined).success && !["app", "target", "team"].includes(key)) return [];
    if (key === "name") return [[key, `made-${(counter += 1)}`]];
    return [[key, key in values ? values[key] : leastOf(part)]];
  });
  const [first] = Object.entries(shape);
  // What may not be empty gets something.
  if (entries.length === 0 && first && !schema.safeParse({}).success) {
    return { [first[0]]: leastOf(first[1]) };
  }
  return Object.fromEntries(entries);
}

let counter = 0;

function leastOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodObject) return sampleOf(schema, samples);
  if (schema instanceof z.ZodDiscriminatedUnion) return leastOf(schema.options[0] as z.ZodType);
  if (schema instanceof z.ZodLiteral) return schema.value;
  if (schema instanceof z.ZodEnum) return schema.options[0];
  const candidates = [
    "x",
    1,
    true,
    [],
    {},
    ["x"],
    "ann@example.com",
    null,
    "2026-03-01T12:00:00Z",
    "https://a.example",
  ];
  return candidates.find((it) => schema.safeParse(it).success) ?? "x";
}

/** The doors that a person has: a browser's session, a token, and an SSH key. */
async function doorsOf(
  t: TestContext,
  world: PeopleWorld,
  name: Name,
): Promise<Record<string, Ask>> {
  const { store, url } = world;
  if (!store.people.teams.named("other")) {
    const { id } = store.people.teams.add({ name: "other", createdAt: new Date(0) });
    store.apps.update(2, { teamId: id });
  }
  world.people.addUser({ name, email: null, superuser: name === "superuser" });
  const userId = store.people.users.named(name)?.id ?? "";
  if (!["outsider", "superuser"].includes(name)) {
    world.people.setMember({ team: "main", user: name, role: name });
  }
  const { secret } = world.people.addToken({
    userId,
    name: "all",
    role: "admin",
    teamId: null,
    appId: null,
    days: 1,
  });
  const browser = await openWith(world, name);
  const key = store.keys.add({
    name,
    type: "t",
    blob: name,
    fingerprint: "f",
    userId,
    managedBy: null,
    createdAt: new Date(0),
  });
  const socketPath = await socketOf(t, world);
  return {
    console: async ({ method, path, body }) =>
      answerOf(await browser.send(method, path, body === null ? undefined : JSON.parse(body))),
    api: async ({ method, path, body }) => {
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
      const answer = await fetch(url + path, {
        method,
        headers: body === null ? { authorization: headers.authorization } : headers,
        body,
      });
      return answerOf({ status: answer.status, body: problemIn(await answer.text()) });
    },
    ssh: async (call) => {
      const headers = {
        host: "localhost",
        "x-berth-actor": name,
        "x-berth-key": String(key.id),
        "x-berth-door": "ssh",
      };
      const answer = await requestOverSocket(socketPath, { ...call, headers, signal: null });
      let text = "";
      for await (const chunk of answer.body) text += Buffer.from(chunk).toString("utf8");
      return answerOf({ status: answer.status, body: problemIn(text) });
    },
  };
}

type Problem = { readonly code?: string; readonly detail?: string };

/** A stream that begins is no problem. */
function problemIn(text: string): Problem {
  return text.startsWith("{") ? (JSON.parse(text) as Problem) : {};
}

function answerOf({
  status,
  body,
}: {
  status: number;
  body: { code?: string; detail?: string };
}): Answer {
  return { status, code: body?.code, detail: `${body?.code ?? ""} ${body?.detail ?? ""}` };
}

const sockets = new WeakMap<PeopleWorld, Promise<string>>();

function socketOf(t: TestContext, world: PeopleWorld): Promise<string> {
  const known = sockets.get(world);
  if (known) return known;
  const opened = (async () => {
    const folder = await temporaryFolder();
    t.after(() => folder[Symbol.asyncDispose]());
    const path = join(folder.path, "api.sock");
    await world.listenSocket(path);
    return path;
  })();
  sockets.set(world, opened);
  return opened;
}
