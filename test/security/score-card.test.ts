import assert from "node:assert/strict";
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { instanceLimits } from "#domain/limits.ts";
import { exec } from "#lib/exec.ts";
import { Cgroups } from "#drivers/privileges/cgroups.ts";
import { homeLayout } from "#setup/layout.ts";
import { readRealm } from "#setup/realm.ts";
import { startPlatform, webApp, type Platform } from "../platform.ts";
import { isRoot } from "../privileges.ts";

const noRoot = isRoot ? false : "only root can put the walls up";

type Card = {
  readonly app: string;
  readonly lines: readonly { name: string; holds: boolean | null; found: string }[];
};

let platform: Platform;
before(async () => {
  if (!isRoot) return;
  platform = await startPlatform();
  const none = await platform.berth("security");
  assert.equal(none.code, 0, none.stderr);
  assert.match(none.stderr, /No apps yet\. Make one: berth apps:create shop/);
  for (const name of ["shop", "rival"]) await platform.berth("apps:create", name);
  const scripts = JSON.stringify({ scripts: { build: "true" } });
  const tree = await platform.tree({ ...webApp("well"), "package.json": scripts });
  const pushed = await platform.push(tree, "shop");
  assert.equal(pushed.code, 0, pushed.stderr);
});
after(async () => {
  if (isRoot) await platform[Symbol.asyncDispose]();
});

test("the score card of an app that runs says that all of it holds", { skip: noRoot }, async () => {
  const { stdout, stderr, code } = await platform.berth("security", "-a", "shop");
  assert.doesNotMatch(stdout, /NO/, stdout);
  assert.equal(code, 0, stderr);
  const { lines } = await cardOf("shop");
  assert.deepEqual(
    lines.filter(({ holds }) => holds !== true),
    [],
  );
  assert.ok(lines.length >= 15);
});

test("an app that does not run is not said to be safe", { skip: noRoot }, async () => {
  const { lines } = await cardOf("rival");
  const sandbox = lines.find(({ name }) => name === "sandbox");
  assert.deepEqual([sandbox?.holds, sandbox?.found], [null, "nothing runs"]);
});

test("the score card tells each protection that somebody took away", { skip: noRoot }, async () => {
  const id = (await readdir(join(platform.home, "run/services")))[0] ?? "";
  const { lines } = await cardOf("shop");
  const uid = Number(lines.find(({ name }) => name === "user")?.found.split(" ")[1]);
  const key = `u${uid - (uid % 10_000)}`;
  // As somebody with root might: another limit, firewall rules dropped, a file opened to all.
  const realm = await readRealm(homeLayout(platform.home).helper);
  const cgroups = new Cgroups(realm?.cgroups ?? [], async () => {});
  cgroups.update({ uid, name: id }, { ...instanceLimits, memoryBytes: 2 ** 31 });
  await exec(["nft", "flush", "chain", "inet", `berth_${key}`, "app_asks"]);
  await chmod(join(platform.home, "run/services", id, "sandbox.3"), 0o644);
  const { stdout, stderr, code } = await platform.berth("security", "-a", "shop");
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^shop +NO +Memory of each instance is limited +web\.1: 2G instead of 512M$/m,
  );
  assert.match(stderr, /^shop lacks: memory, fence, environment\./m);
});

test("a secret that an older release shows is told until it is new", { skip: noRoot }, async () => {
  const change = async (...args: string[]) => {
    const changed = await platform.berth(...args, "-a", "shop");
    assert.equal(changed.code, 0, changed.stderr);
  };
  const secrets = async () => (await cardOf("shop")).lines.find(({ name }) => name === "secrets");
  await change("config:set", "TOKEN=first");
  await change("config:unset", "TOKEN");
  assert.equal((await secrets())?.holds, true);
  await change("config:set", "--secret", "TOKEN=first");
  assert.match((await secrets())?.found ?? "", /an older release shows TOKEN/);
  await change("config:set", "--secret", "TOKEN=second");
  assert.deepEqual([(await secrets())?.holds, (await secrets())?.found], [true, "1"]);
});

async function cardOf(app: string): Promise<Card> {
  const { stdout, stderr } = await platform.berth("security", "--json");
  assert.notEqual(stdout, "", stderr);
  const card = (JSON.parse(stdout) as Card[]).find((it) => it.app === app);
  assert.ok(card, stdout);
  return card;
}
