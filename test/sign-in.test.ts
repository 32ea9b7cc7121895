import assert from "node:assert/strict";
import { test } from "node:test";
import { signInPaths } from "#domain/sign-in.ts";
import { hashOf } from "#engine/people/callers.ts";
import { machineClock } from "#lib/clock.ts";
import { moment } from "./factories.ts";
import { startPeople, type PeopleWorld } from "./people-world.ts";
import {
  addFactor,
  auditOf,
  cookieOf,
  good,
  openWith,
  signIn,
  toldOf,
  withAnn,
} from "./signed-in.ts";

test("a one-time link signs in once, and then sets a password", async (t) => {
  const world = await startPeople(t);
  world.people.addUser({ name: "ann", email: null, superuser: true });
  const { url } = world.people.createLink("ann");
  const [, token] = url.split("#link=");
  for (const password of ["", "admin", "ann"]) {
    const guess = { name: "ann", password };
    const answer = await world.browser().send("POST", "/api/auth/sign-in/email", guess);
    assert.equal(answer.status, 401, "nobody has a password that they did not set");
  }
  const browser = world.browser();
  const first = await browser.send("POST", "/api/auth/link", { token });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  const again = await world.browser().send("POST", "/api/auth/link", { token });
  assert.equal(again.status, 401);
  const me = await browser.send("GET", "/api/v1/account");
  assert.deepEqual([me.body.actor, me.body.kind, me.body.superuser], ["ann", "user", true]);
  const weak = await browser.send("PUT", "/api/v1/account/password", { password: "password1234" });
  assert.equal(weak.status, 400);
  const set = await browser.send("PUT", "/api/v1/account/password", { password: good });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  const told = JSON.stringify(auditOf(world));
  for (const secret of [token ?? "", "password1234", good]) assert.ok(!told.includes(secret));
  const other = await signIn(world, "ann", good);
  assert.equal((await other.send("GET", "/api/v1/account")).body.actor, "ann");
});

test("links and tokens run out", async (t) => {
  const world = await withAnn(t);
  const userId = world.people.user("ann").id;
  for (const [leftMs, status] of [
    [60_000, 200],
    [0, 401],
  ] as const) {
    const token = `link ${leftMs}`;
    const expiresAt = new Date(machineClock.now().getTime() + leftMs);
    world.store.people.links.add({ hash: hashOf(token), userId, expiresAt });
    const opened = await world.browser().send("POST", "/api/auth/link", { token });
    assert.equal(opened.status, status, token);
  }
  const { expiresAt } = world.people.createLink("ann");
  const leftMs = expiresAt.getTime() - machineClock.now().getTime();
  assert.ok(leftMs <= 15 * 60_000, `${leftMs} ms`);
  for (const [days, status] of [
    [1, 200],
    [0, 401],
  ] as const) {
    const asked = { name: `${days}`, role: "viewer", teamId: null, appId: null };
    const { secret } = world.people.addToken({ userId, ...asked, days });
    assert.equal(await statusFor(world, secret, "/account"), status, `${days} days`);
  }
});

test("a session's cookie is for no script and no other site", async (t) => {
  const world = await withAnn(t);
  const answer = await world.browser().send("POST", "/api/auth/sign-in/email", {
    name: "ann",
    password: good,
  });
  const cookie = answer.headers.getSetCookie().find((it) => it.includes("session_token")) ?? "";
  assert.match(cookie, /^berth\.session_token=.*HttpOnly/i);
  assert.match(cookie, /SameSite=Lax/i);
});

test("who looks on with a session that is over loses no newer one by the answer", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  const headers = { cookie: cookieOf(browser) };
  await browser.send("POST", "/api/auth/sign-out", {});
  for (const path of ["/api/auth/passkey/list-user-passkeys", "/api/auth/get-session"]) {
    const late = await world.browser().send("GET", path, undefined, headers);
    assert.deepEqual(late.headers.getSetCookie(), [], path);
  }
});

test("with TLS, no other site can set a session's cookie, not even a subdomain of the same parent", async (t) => {
  const world = await withAnn(t);
  const browser = world.browser();
  const origin = "https://berth.example.com";
  world.moveTo(origin);
  const words = { name: "ann", password: good };
  const answer = await browser.send("POST", "/api/auth/sign-in/email", words, { origin });
  const [cookie = ""] = answer.headers.getSetCookie();
  assert.match(cookie, /^__Host-berth\.session_token=/);
  assert.match(cookie, /; Path=\/;.*; Secure/i, "else a browser refuses a cookie of such a name");
  assert.doesNotMatch(cookie, /Domain=/i);
  assert.equal((await browser.send("GET", "/api/v1/account")).body.actor, "ann");
  const headers = { cookie: cookieOf(browser).replace("__Host-", "") };
  const planted = await browser.send("GET", "/api/v1/account", undefined, headers);
  assert.equal(planted.status, 401, "a cookie that anyone could have set is none");
});

test("class 14, requests of other sites: a page of another site can change nothing with somebody's cookies", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }]) {
    const answer = await browser.send("POST", "/api/v1/apps", { name: "theirs" }, headers);
    assert.equal(answer.status, 403, JSON.stringify(headers));
    const out = await browser.send("POST", "/api/auth/sign-out", {}, headers);
    assert.equal(out.status, 403);
  }
  const bare = await fetch(`${world.url}/api/v1/apps`, {
    method: "POST",
    headers: { cookie: cookieOf(browser), "content-type": "application/json" },
    body: JSON.stringify({ name: "theirs" }),
  });
  assert.equal(bare.status, 403);
  assert.deepEqual(world.engine.calls, []);
});

test("nobody signs up, and nothing of the library is reachable but what is named", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  for (const [method, path] of [
    ["POST", "/api/auth/sign-up/email"],
    ["POST", "/api/auth/update-user"],
    ["POST", "/api/auth/change-email"],
    ["POST", "/api/auth/change-password"],
    ["POST", "/api/auth/delete-user"],
    ["GET", "/api/auth/list-sessions"],
    ["POST", "/api/auth/unlink-account"],
    ["GET", "/api/auth/error"],
    ["POST", "/api/auth/get-session"],
  ] as const) {
    const body = method === "GET" ? undefined : { email: "x@y.example", password: good, name: "x" };
    const answer = await browser.send(method, path, body);
    assert.ok([401, 404].includes(answer.status), `${path} ${answer.status}`);
  }
  assert.equal(world.people.users().length, 1);
});

test("who lost password and second factor gets a link that lets them set new ones", async (t) => {
  const world = await withAnn(t);
  await addFactor(await signIn(world, "ann", good));
  assert.ok(world.people.user("ann").twoFactor);
  const forgetful = await openWith(world, "ann");
  const blind = { password: "violin under gravel" };
  assert.equal((await forgetful.send("PUT", "/api/v1/account/password", blind)).status, 400);
  await world.people.forget("ann");
  const browser = await openWith(world, "ann");
  assert.equal((await browser.send("PUT", "/api/v1/account/password", blind)).status, 200);
  const back = await signIn(world, "ann", blind.password);
  assert.equal((await back.send("GET", "/api/v1/account")).body.actor, "ann", "without a factor");
});

test("sessions are listed and ended, one by one or all others", async (t) => {
  const world = await withAnn(t);
  const [here, there] = [await signIn(world, "ann", good), await signIn(world, "ann", good)];
  const listed = await here.send("GET", "/api/v1/sessions");
  const own = listed.body.items.find((it: { isThis: boolean }) => it.isThis);
  const other = listed.body.items.find((it: { isThis: boolean }) => !it.isThis);
  assert.equal(own.address, "127.0.0.1");
  assert.equal(own.userAgent, "test browser");
  const ended = await here.send("DELETE", `/api/v1/sessions/${other.id}`);
  assert.equal(ended.status, 200, JSON.stringify(ended.body));
  const left = await here.send("GET", "/api/v1/sessions");
  assert.ok(!left.body.items.some(({ id }: { id: string }) => id === other.id));
  const gone = [
    await here.send("GET", "/api/v1/account"),
    await there.send("GET", "/api/v1/account"),
  ];
  assert.deepEqual(
    gone.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 401],
  );
  assert.equal((await here.send("POST", "/api/auth/sign-out", {})).status, 200);
  assert.equal((await here.send("GET", "/api/v1/account")).status, 401);
  assert.deepEqual(toldOf(world, "sign_out"), ["sessions: 2 → 1"]);
});

test("somebody else's sessions and tokens are not there", async (t) => {
  const world = await withAnn(t);
  world.people.addUser({ name: "bob", email: null, superuser: false });
  const bob = await openWith(world, "bob");
  const [session] = world.people.sessions(world.store.people.users.named("ann")?.id ?? "");
  assert.equal((await bob.send("DELETE", `/api/v1/sessions/${session?.id}`)).status, 404);
  assert.equal((await bob.send("GET", "/api/v1/sessions?user=ann")).status, 403);
  const ann = await signIn(world, "ann", good);
  const made = await ann.send("POST", "/api/v1/tokens", { name: "ci" });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.equal((await bob.send("DELETE", "/api/v1/tokens/ci")).status, 404);
  assert.equal((await bob.send("GET", "/api/v1/tokens?user=ann")).status, 403);
  assert.deepEqual((await bob.send("GET", "/api/v1/tokens")).body.items, []);
  assert.equal((await ann.send("GET", "/api/v1/tokens")).body.items.length, 1);
  assert.equal((await bob.send("GET", "/api/v1/users")).status, 403);
});

test("a removed person is out at once, with session, token and key", async (t) => {
  const world = await withAnn(t);
  world.people.addUser({ name: "bob", email: null, superuser: false });
  const bob = await openWith(world, "bob");
  const made = await bob.send("POST", "/api/v1/tokens", { name: "ci", role: "deployer" });
  assert.match(made.body.secret, /^berth_[\w-]{43}$/);
  const asToken = () => statusFor(world, made.body.secret, "/account");
  assert.equal(await asToken(), 200);
  const key = addKey(world, "bob");
  const asKey = () => world.people.keyCaller(key.id, { door: "ssh", address: null }).actor;
  assert.equal(asKey(), "bob");
  await world.people.removeUser("bob");
  assert.equal(await asToken(), 401);
  assert.equal((await bob.send("GET", "/api/v1/account")).status, 401);
  assert.throws(asKey, { code: "not_permitted" });
  assert.deepEqual(world.store.keys.list(), [], "sshd is told of none");
});

test("a token may do what it is for, of what its owner may", async (t) => {
  const world = await withAnn(t);
  world.people.addUser({ name: "bob", email: null, superuser: false });
  world.people.setMember({ team: "main", user: "bob", role: "deployer" });
  const bob = await openWith(world, "bob");
  const token = async (body: object) =>
    (await bob.send("POST", "/api/v1/tokens", body)).body.secret as string;
  const looks = await token({ name: "looks", role: "viewer" });
  const ofShop = await token({ name: "of-shop", role: "admin", app: "shop" });
  for (const [secret, path, method, status] of [
    [looks, "/apps/shop", "GET", 200],
    [looks, "/apps/shop/stop", "POST", 403],
    [ofShop, "/apps/shop/stop", "POST", 200],
    [ofShop, "/apps/blog/stop", "POST", 404],
    [ofShop, "/apps/shop?confirm=shop", "DELETE", 403],
  ] as const) {
    assert.equal(await statusFor(world, secret, path, method), status, `${method} ${path}`);
  }
});

test("what happens at the door is in the audit, with the address and without a password", async (t) => {
  const world = await withAnn(t);
  await signIn(world, "ann", good);
  await world.browser().send("POST", "/api/auth/sign-in/email", { name: "ann", password: "nope" });
  const entries = world.people.audit({ within: null, limit: 10 });
  const [wrong, right] = entries;
  assert.deepEqual(
    [wrong?.operation, wrong?.actor, wrong?.outcome, wrong?.address],
    ["sign_in.password", "ann", "refused", "127.0.0.1"],
  );
  assert.deepEqual([right?.actor, right?.outcome], ["ann", "done"]);
  assert.ok(!JSON.stringify(entries).includes("nope"));
});

test("what is done at the door says what it changed, or changes who is signed in and no more", () => {
  const told = ["sign_in.totp", "two_factor.disable", "passkey.add", "passkey.remove", "sign_out"];
  const entering = ["link", "password", "sign_on", "backup_code", "passkey"];
  // A second factor is on with its first code, and of backup codes nothing may be told.
  const silent = ["two_factor.enable", "two_factor.backup_codes"];
  const names = Object.values(signInPaths).flatMap(({ audit }) => audit ?? []);
  const known = [...told, ...entering.map((it) => `sign_in.${it}`), ...silent];
  assert.deepEqual(names.toSorted(), known.toSorted());
});

/** What a request with a token is answered with. */
async function statusFor(
  { url }: PeopleWorld,
  secret: string,
  path: string,
  method = "GET",
): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` };
  return (await fetch(`${url}/api/v1${path}`, { method, headers })).status;
}

function addKey({ store, people }: PeopleWorld, user: string) {
  const { id: userId } = people.user(user);
  const key = { name: "laptop", type: "ssh-ed25519", blob: "AAAA", fingerprint: "SHA256:x" };
  return store.keys.add({ ...key, userId, managedBy: null, createdAt: moment });
}
