import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { firstTeamId } from "#domain/team.ts";
import { startPeople, type PeopleWorld } from "./people-world.ts";
import { cookieOf, openWith } from "./signed-in.ts";

type Told = { readonly type: string } & Readonly<Record<string, unknown>>;

const topics = "access,teams,users,keys,tokens,sessions,audit,notifications";
const soon = { timeout: 30_000 };

test(
  "of people, teams, roles, tokens and sessions one hears what one may list",
  soon,
  async (t) => {
    const { world, people, bearer } = await withPeople(t);
    const ann = await listen(world, bearer("ann"));
    const bob = await listen(world, bearer("bob"));
    const eve = await listen(world, bearer("eve"));
    people.addUser({ name: "zoe", email: null, superuser: false });
    people.setMember({ team: "crew", user: "zoe", role: "viewer" });
    people.setGrant({ app: "shop", user: "zoe", role: "viewer" });
    addToken(world, "eve", "ci", "viewer");
    await openWith(world, "eve");
    const did = { actor: "ann", userId: null, door: "api", address: null, target: null } as const;
    const nothing = { input: {}, before: {}, after: {}, outcome: "done", code: null } as const;
    const teamId = people.teamId("crew");
    people.note({ ...did, ...nothing, operation: "teams.set", appId: null, teamId });

    const team = { type: "teams", team: "crew" };
    const audit = { type: "audit" };
    const own = [
      { type: "tokens", user: "eve" },
      { type: "sessions", user: "eve" },
    ];
    const others = [
      { type: "users", user: "zoe" },
      { type: "access", target: "shop" },
    ];
    await ann.hears(team, audit, ...own, ...others);
    await bob.hears(team, audit);
    await eve.hears(...own);
    for (const [{ told }, name, also] of [
      [bob, "bob", ["teams", "audit"]],
      [eve, "eve", []],
    ] as const) {
      const known: readonly string[] = ["hello", ...also];
      const strange = told.filter(({ type, user }) => user !== name && !known.includes(type));
      assert.deepEqual(strange, [], name);
    }
  },
);

test(
  "a stream ends with the session, the token, the role or the person behind it",
  soon,
  async (t) => {
    const { world, people, bearer } = await withPeople(t);
    const browser = await openWith(world, "bob");
    const cookie = cookieOf(browser);
    const ann = await listen(world, bearer("ann"));
    const session = await listen(world, { cookie });
    const token = await listen(world, bearer("bob", "viewer"));
    const role = await listen(world, bearer("bob"));
    const person = await listen(world, bearer("eve"));
    assert.equal((await browser.send("POST", "/api/auth/sign-out", {})).status, 200);
    await session.ended;
    people.removeToken(people.user("bob").id, "viewer");
    await token.ended;
    people.setMember({ team: "crew", user: "bob", role: "deployer" });
    await role.ended;
    await people.removeUser("eve");
    await person.ended;
    await ann.hears({ type: "users", user: "eve" });
  },
);

test("who has lost an app to another team reads on in it no more", soon, async (t) => {
  const { world, people, bearer } = await withPeople(t);
  const handTo = (teamId: number) => people.transferApp({ app: "shop", teamId, actor: "ann" });
  handTo(people.teamId("crew")!);
  const bob = bearer("bob");
  const live = await listen(world, bob, "/stream?topics=logs:shop");
  const logs = await listen(world, bob, "/apps/shop/logs?follow=true");
  const others = await listen(world, bob);
  handTo(firstTeamId);
  await live.ended;
  await logs.ended;
  const again = await fetch(`${world.url}/api/v1/stream?topics=logs:shop`, {
    headers: bob,
  });
  assert.equal(again.status, 404);
  await others.hears({ type: "teams", team: "crew" });
});

test("class 22, exhaustion: a person has only so many streams open", soon, async (t) => {
  const { world, people, bearer } = await withPeople(t);
  const [bob, other, ann] = [bearer("bob"), bearer("bob", "viewer"), bearer("ann")];
  const ask = async (headers: Readonly<Record<string, string>>) =>
    fetch(`${world.url}/api/v1/stream?topics=apps`, { headers });
  const open = [];
  for (let count = 0; count < 100; count += 1) open.push(await ask(count % 2 ? bob : other));
  assert.ok(open.every(({ status }) => status === 200));
  const refused = await ask(bob);
  const { code } = (await refused.json()) as { code: string };
  assert.deepEqual([refused.status, code], [503, "too_many_streams"]);
  const [first, others] = [open[0], await ask(ann)];
  assert.equal(others.status, 200);
  await first?.body?.cancel();
  let again = await ask(bob);
  while (again.status !== 200) again = await ask(bob);
  await people.removeUser("bob");
  await others.body?.cancel();
});

/** Ann looks after the machine, bob after the team `crew`, and eve after nothing. */
async function withPeople(t: TestContext) {
  const world = await startPeople(t);
  const { people } = world;
  people.addTeam("crew");
  for (const name of ["ann", "bob", "eve"]) {
    people.addUser({ name, email: null, superuser: name === "ann" });
  }
  people.setMember({ team: "crew", user: "bob", role: "admin" });
  const bearer = (name: string, role = "admin") => ({
    authorization: `Bearer ${addToken(world, name, role, role)}`,
  });
  return { world, people, bearer };
}

function addToken({ people }: PeopleWorld, user: string, name: string, role: string): string {
  const whole = { teamId: null, appId: null, days: 1 };
  return people.addToken({ userId: people.user(user).id, name, role, ...whole }).secret;
}

/** Opens the stream, and keeps what it tells until it ends. */
async function listen(
  world: PeopleWorld,
  headers: Readonly<Record<string, string>>,
  path = `/stream?topics=${topics}`,
) {
  const answer = await fetch(`${world.url}/api/v1${path}`, { headers });
  assert.equal(answer.status, 200);
  const told: Told[] = [];
  const hears = async (...wanted: readonly Told[]): Promise<void> => {
    const isThere = (it: Told) => told.some((one) => JSON.stringify(one) === JSON.stringify(it));
    while (!wanted.every(isThere)) await new Promise((wait) => setTimeout(wait, 20));
  };
  const ended = keepTold(answer.body!, told);
  while (told.length === 0) await new Promise((wait) => setTimeout(wait, 20));
  return { told, ended, hears };
}

/** A stream that is cut has ended as well. */
async function keepTold(body: ReadableStream<Uint8Array>, told: Told[]): Promise<void> {
  let rest = "";
  try {
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      const events = (rest + piece).split("\n\n");
      rest = events.pop() ?? "";
      const data = events.map((event) => /^data: (.*)$/m.exec(event)?.[1]);
      told.push(...data.flatMap((it) => (it === undefined ? [] : [JSON.parse(it) as Told])));
    }
  } catch (error) {
    assert.match(String(error), /terminated/);
  }
}
