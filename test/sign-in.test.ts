import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test, type TestContext } from "node:test";
import { changesOf, type AuditEntry } from "#domain/audit.ts";
import { signInPaths } from "#domain/sign-in.ts";
import { createAuthenticator } from "./passkeys.ts";
import { openBrowser, startPeople, type Browser, type PeopleWorld } from "./people-world.ts";

const good = "tin boat under lamp";

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

test("class 15, headers of proxies: wrong passwords are slowed down by the real address, whatever the headers say", async (t) => {
  const world = await withAnn(t);
  const tries = Array.from({ length: 6 }, (_, index) => index);
  const statuses: number[] = [];
  for (const index of tries) {
    const headers = { "x-forwarded-for": `192.0.2.${index}`, "x-berth-peer": `192.0.2.${index}` };
    const body = { name: index % 2 ? "ann" : "nobody-here", password: "wrong wrong wrong" };
    const answer = await world.browser().send("POST", "/api/auth/sign-in/email", body, headers);
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
  const right = { name: "ann", password: good };
  const held = await world.browser().send("POST", "/api/auth/sign-in/email", right);
  assert.equal(held.status, 429);
  assert.ok(Number(held.headers.get("retry-after")) >= 1);
});

test("wrong passwords at a change count like those at sign-in, also made side by side", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  const change = { password: "violin under gravel", current: "wrong wrong wrong" };
  const tries = Array.from({ length: 10 }, () =>
    browser.send("PUT", "/api/v1/account/password", change),
  );
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [...Array.from({ length: 5 }, () => 400), ...Array.from({ length: 5 }, () => 429)],
  );
  const body = { name: "ann", password: good };
  assert.equal((await world.browser().send("POST", "/api/auth/sign-in/email", body)).status, 429);
});

test("whoever reads the database has no session, whole or half", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  const begun = await browser.send("POST", "/api/auth/two-factor/enable", { password: good });
  const code = totp(new URL(begun.body.totpURI).searchParams.get("secret") ?? "");
  await browser.send("POST", "/api/auth/two-factor/verify-totp", { code });
  const half = await signIn(world, "ann", good);
  const secrets = [...browser.cookies, ...half.cookies].map(
    ([, value]) => decodeURIComponent(value).split(".", 1)[0] ?? "",
  );
  assert.ok(secrets.length >= 2 && secrets.every(({ length }) => length > 10));
  for (const secret of secrets) assert.ok(!world.kept().includes(secret));
});

test("after a password, a second factor is asked for; a backup code works once", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  const begun = await browser.send("POST", "/api/auth/two-factor/enable", { password: good });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const secret = new URL(begun.body.totpURI).searchParams.get("secret") ?? "";
  const code = totp(secret);
  assert.equal(
    (await browser.send("POST", "/api/auth/two-factor/verify-totp", { code })).status,
    200,
  );
  assert.ok(world.people.user("ann").twoFactor);

  const half = await signIn(world, "ann", good);
  assert.equal((await half.send("GET", "/api/v1/account")).status, 401);
  const wrong = await half.send("POST", "/api/auth/two-factor/verify-totp", { code: "000000" });
  assert.equal(wrong.status, 401);
  const right = { code: totp(secret) };
  assert.equal((await half.send("POST", "/api/auth/two-factor/verify-totp", right)).status, 200);
  assert.equal((await half.send("GET", "/api/v1/account")).body.actor, "ann");

  const [backup] = begun.body.backupCodes;
  for (const status of [200, 401]) {
    const other = await signIn(world, "ann", good);
    const used = await other.send("POST", "/api/auth/two-factor/verify-backup-code", {
      code: backup,
    });
    assert.equal(used.status, status, JSON.stringify(used.body));
  }
  const off = await browser.send("POST", "/api/auth/two-factor/disable", { password: good });
  assert.equal(off.status, 200, JSON.stringify(off.body));
  assert.deepEqual(toldOf(world, "two_factor.disable"), ["second factor: true → false"]);
  assert.deepEqual(toldOf(world, "sign_in.totp"), ["second factor: false → true"]);
  const text = JSON.stringify(auditOf(world));
  for (const it of [secret, code, "000000", ...begun.body.backupCodes]) {
    assert.ok(!text.includes(it), it);
  }
});

test("who lost password and second factor gets a link that lets them set new ones", async (t) => {
  const world = await withAnn(t);
  const forgetful = await openWith(world, "ann");
  const blind = { password: "violin under gravel" };
  assert.equal((await forgetful.send("PUT", "/api/v1/account/password", blind)).status, 400);
  await world.people.forget("ann");
  const browser = await openWith(world, "ann");
  assert.equal((await browser.send("PUT", "/api/v1/account/password", blind)).status, 200);
  await signIn(world, "ann", blind.password);
});

test("a passkey signs in without a password, and only its own site can use it", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  const device = createAuthenticator("localhost");
  const asked = await browser.send("GET", "/api/auth/passkey/generate-register-options");
  const response = device.register(asked.body, world.url);
  const added = await browser.send("POST", "/api/auth/passkey/verify-registration", { response });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  assert.equal(world.people.user("ann").passkeys, 1);

  const options = "/api/auth/passkey/generate-authenticate-options";
  const verify = "/api/auth/passkey/verify-authentication";
  const fresh = world.browser();
  const proof = device.prove((await fresh.send("GET", options)).body, world.url);
  assert.equal((await fresh.send("POST", verify, { response: proof })).status, 200);
  assert.equal((await fresh.send("GET", "/api/v1/account")).body.actor, "ann");
  const replayed = await world.browser().send("POST", verify, { response: proof });
  assert.ok(replayed.status >= 400);

  const phished = world.browser();
  const stolen = device.prove((await phished.send("GET", options)).body, "https://evil.example");
  assert.ok((await phished.send("POST", verify, { response: stolen })).status >= 400);
  assert.equal((await phished.send("GET", "/api/v1/account")).status, 401);

  const [{ id }] = (await browser.send("GET", "/api/auth/passkey/list-user-passkeys")).body;
  assert.equal(
    (await browser.send("POST", "/api/auth/passkey/delete-passkey", { id })).status,
    200,
  );
  assert.equal(world.people.user("ann").passkeys, 0);
  assert.deepEqual(toldOf(world, "passkey.add"), ["passkeys: 0 → 1"]);
  assert.deepEqual(toldOf(world, "passkey.remove"), ["passkeys: 1 → 0"]);
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
  assert.equal((await bob.send("GET", "/api/v1/users")).status, 403);
});

test("a removed person is out at once, with session, token and key", async (t) => {
  const world = await withAnn(t);
  world.people.addUser({ name: "bob", email: null, superuser: false });
  const bob = await openWith(world, "bob");
  const made = await bob.send("POST", "/api/v1/tokens", { name: "ci", role: "deployer" });
  assert.match(made.body.secret, /^berth_[\w-]{43}$/);
  const asToken = () =>
    fetch(`${world.url}/api/v1/account`, {
      headers: { authorization: `Bearer ${made.body.secret}` },
    });
  assert.equal((await asToken()).status, 200);
  await world.people.removeUser("bob");
  assert.equal((await asToken()).status, 401);
  assert.equal((await bob.send("GET", "/api/v1/account")).status, 401);
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

function auditOf({ people }: PeopleWorld): AuditEntry[] {
  return people.audit({ within: null, limit: 1000 });
}

/** What the first such entry says was changed. */
function toldOf(world: PeopleWorld, operation: string): string[] {
  const entry = auditOf(world).findLast((it) => it.operation === operation);
  assert.ok(entry, operation);
  return changesOf(entry);
}

/** A world in which ann, a superuser, has a password. */
async function withAnn(t: TestContext): Promise<PeopleWorld> {
  const world = await startPeople(t);
  world.people.addUser({ name: "ann", email: null, superuser: true });
  const browser = await openWith(world, "ann");
  const set = await browser.send("PUT", "/api/v1/account/password", { password: good });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  return world;
}

async function openWith(world: PeopleWorld, name: string): Promise<Browser> {
  const browser = openBrowser(world.url);
  const [, token] = world.people.createLink(name).url.split("#link=");
  const opened = await browser.send("POST", "/api/auth/link", { token });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  return browser;
}

async function signIn(world: PeopleWorld, name: string, password: string): Promise<Browser> {
  const browser = world.browser();
  const answer = await browser.send("POST", "/api/auth/sign-in/email", { name, password });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return browser;
}

function cookieOf({ cookies }: Browser): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** @see RFC 6238 */
function totp(base32: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(base32)
    .map((it) => alphabet.indexOf(it).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((it) => Number.parseInt(it, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, "0");
}
