import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { changesOf, type AuditEntry } from "#domain/audit.ts";
import { openBrowser, startPeople, type Browser, type PeopleWorld } from "./people-world.ts";
import { totp } from "./totp.ts";

/** A password that nothing is said against. */
export const good = "tin boat under lamp";

export function auditOf({ people }: PeopleWorld): AuditEntry[] {
  return people.audit({ within: null, limit: 1000 });
}

/** What the first such entry says was changed. */
export function toldOf(world: PeopleWorld, operation: string): string[] {
  const entry = auditOf(world).findLast((it) => it.operation === operation);
  assert.ok(entry, operation);
  return changesOf(entry);
}

/** A world in which ann, a superuser, has a password. */
export async function withAnn(t: TestContext): Promise<PeopleWorld> {
  const world = await startPeople(t);
  world.people.addUser({ name: "ann", email: null, superuser: true });
  const browser = await openWith(world, "ann");
  const set = await browser.send("PUT", "/api/v1/account/password", { password: good });
  assert.equal(set.status, 200, JSON.stringify(set.body));
  return world;
}

export async function openWith(world: PeopleWorld, name: string): Promise<Browser> {
  const browser = openBrowser(world.url);
  const [, token] = world.people.createLink(name).url.split("#link=");
  const opened = await browser.send("POST", "/api/auth/link", { token });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  return browser;
}

export async function signIn(world: PeopleWorld, name: string, password: string): Promise<Browser> {
  const browser = world.browser();
  const answer = await browser.send("POST", "/api/auth/sign-in/email", { name, password });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return browser;
}

export function cookieOf({ cookies }: Browser): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** From now on ann is asked for a code, too. */
export async function addFactor(browser: Browser) {
  const begun = await browser.send("POST", "/api/auth/two-factor/enable", { password: good });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  const secret = new URL(begun.body.totpURI).searchParams.get("secret") ?? "";
  const code = totp(secret);
  const on = await browser.send("POST", "/api/auth/two-factor/verify-totp", { code });
  assert.equal(on.status, 200, JSON.stringify(on.body));
  return { secret, code, backupCodes: begun.body.backupCodes as readonly string[] };
}
