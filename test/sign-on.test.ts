import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, startPeople, type Browser, type Page } from "./people-world.ts";
import { clientSecret, startProvider } from "./sign-on-provider.ts";

test("somebody who was added comes in through the company's sign-on, and stays themselves", async (t) => {
  await using provider = await startProvider();
  const { signOn, allow } = provider;
  const world = await startPeople(t, signOn);
  allow(world.url);
  world.people.addUser({ name: "ann", email: "Ann@Company.example", superuser: false });
  for (const round of [1, 2]) {
    const browser = await comeIn(world.url, "ann@company.example");
    const me = await browser.send("GET", "/api/v1/account");
    assert.equal(me.status, 200, `round ${round}: ${JSON.stringify(me.body)}`);
    assert.deepEqual([me.body.actor, me.body.user.signOn], ["ann", true]);
  }
  assert.equal(world.people.users().length, 1);
  const [entry] = world.people.audit({ within: null, limit: 1 });
  assert.deepEqual(
    [entry?.operation, entry?.actor, entry?.outcome],
    ["sign_in.sign_on", "ann", "done"],
  );
  assert.ok(
    !JSON.stringify(world.people.audit({ within: null, limit: 100 })).includes(clientSecret),
  );
});

test("class 13, mixed-up sign-on: whom the company knows and nobody added stays outside", async (t) => {
  await using provider = await startProvider();
  const { signOn, allow } = provider;
  const world = await startPeople(t, signOn);
  allow(world.url);
  world.people.addUser({ name: "ann", email: "ann@company.example", superuser: true });
  const browser = await comeIn(world.url, "mallory@company.example");
  assert.equal((await browser.send("GET", "/api/v1/account")).status, 401);
  assert.equal(world.people.users().length, 1);
  const [entry] = world.people.audit({ within: null, limit: 1 });
  assert.equal(entry?.outcome, "refused");
});

test("class 13, mixed-up sign-on: an answer that nobody asked for is refused", async (t) => {
  await using provider = await startProvider();
  const { signOn, allow } = provider;
  const world = await startPeople(t, signOn);
  allow(world.url);
  const browser = openBrowser(world.url);
  const answer = await browser.send("GET", "/api/auth/callback/sign-on?code=abc&state=def");
  assert.match(answer.headers.get("location") ?? "", /error=/);
  assert.equal((await browser.send("GET", "/api/v1/account")).status, 401);
});

test("after signing in, nobody is led to another site", async (t) => {
  await using provider = await startProvider();
  const { signOn, allow } = provider;
  const world = await startPeople(t, signOn);
  allow(world.url);
  const begun = await openBrowser(world.url).send("POST", "/api/auth/sign-in/social", {
    provider: "sign-on",
    callbackURL: "https://evil.example/",
  });
  assert.equal(begun.status, 403);
});

/** Goes the way of a browser: from the console to the sign-on, through its pages, and back. */
async function comeIn(url: string, login: string): Promise<Browser> {
  const browser = openBrowser(url);
  const begun = await browser.send("POST", "/api/auth/sign-in/social", {
    provider: "sign-on",
    callbackURL: "/",
  });
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  let at = new URL(begun.body.url);
  const there = openBrowser(at.origin);
  for (let step = 0; step < 12 && at.origin !== url; step += 1) {
    const page = await there.send("GET", at.href);
    at = new URL(page.headers.get("location") ?? (await fillIn(there, page, at, login)), at);
  }
  assert.equal(at.origin, url, "the sign-on leads back");
  await browser.send("GET", at.pathname + at.search);
  return browser;
}

/** Fills in the form of a page: who somebody is, or that they agree. */
async function fillIn(there: Browser, page: Page, at: URL, login: string): Promise<string> {
  const text = String(page.body);
  const [, action = ""] = /action="([^"]+)"/.exec(text) ?? [];
  const [, prompt = ""] = /name="prompt" value="([^"]+)"/.exec(text) ?? [];
  const cookie = [...there.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const answer = await fetch(new URL(action, at), {
    method: "POST",
    redirect: "manual",
    headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ prompt, login, password: "any" }),
  });
  return answer.headers.get("location") ?? assert.fail(`${answer.status}: ${text.slice(0, 500)}`);
}
