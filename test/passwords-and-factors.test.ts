import assert from "node:assert/strict";
import { test } from "node:test";
import { createAuthenticator } from "./passkeys.ts";
import { addFactor, auditOf, good, signIn, toldOf, withAnn } from "./signed-in.ts";
import { totp } from "./totp.ts";

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

test("a new password puts out whoever came in with the old one", async (t) => {
  const world = await withAnn(t);
  const [here, there] = [await signIn(world, "ann", good), await signIn(world, "ann", good)];
  const change = { password: "violin under gravel", current: good };
  const changed = await here.send("PUT", "/api/v1/account/password", change);
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.equal((await here.send("GET", "/api/v1/account")).status, 200);
  assert.equal((await there.send("GET", "/api/v1/account")).status, 401);
});

test("whoever reads the database has no session, whole or half", async (t) => {
  const world = await withAnn(t);
  const browser = await signIn(world, "ann", good);
  await addFactor(browser);
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
  const { secret, code, backupCodes } = await addFactor(browser);
  assert.ok(world.people.user("ann").twoFactor);

  const half = await signIn(world, "ann", good);
  assert.equal((await half.send("GET", "/api/v1/account")).status, 401);
  const wrong = await half.send("POST", "/api/auth/two-factor/verify-totp", { code: "000000" });
  assert.equal(wrong.status, 401);
  const right = { code: totp(secret) };
  assert.equal((await half.send("POST", "/api/auth/two-factor/verify-totp", right)).status, 200);
  assert.equal((await half.send("GET", "/api/v1/account")).body.actor, "ann");

  const [backup] = backupCodes;
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
  for (const it of [secret, code, "000000", ...backupCodes]) {
    assert.ok(!text.includes(it), it);
  }
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
