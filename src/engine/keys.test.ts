import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld } from "../../test/engine-world.ts";

/** A blob as OpenSSH writes it: the type, then bytes of the key. */
function blobOf(type: string, filling = "k"): string {
  const length = String.fromCharCode(0, 0, 0, type.length);
  return btoa(length + type + filling.repeat(48));
}

const line = (type: string, filling?: string) => `${type} ${blobOf(type, filling)}`;

test("a key is taken from a .pub file or an authorized_keys line, options and comment left out", async () => {
  await using world = await createWorld();
  const { engine } = world;
  const hardware = "sk-ssh-ed25519@openssh.com";
  const ann = await engine.addKey("ann", `${line("ssh-ed25519")} ann@laptop\n`, "owner");
  const bob = await engine.addKey("bob", `restrict,command="x y" ${line(hardware)}`, "owner");
  assert.deepEqual([ann.type, bob.type], ["ssh-ed25519", hardware]);
  assert.match(ann.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
  assert.equal((await engine.listKeys()).length, 2);
});

test("what is no public key is refused, and nothing of it is repeated", async () => {
  await using world = await createWorld();
  const { engine } = world;
  const bad = [
    "",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    `ssh-rsa ${blobOf("ssh-ed25519")}`,
    `ssh-ed25519 ${"!".repeat(60)}`,
    "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0\n",
  ];
  for (const text of bad) {
    const refused = engine.addKey("ann", text, "owner");
    await assert.rejects(refused, { code: "invalid_input" }, JSON.stringify(text));
    await assert.rejects(refused, (error: Error) => !error.message.includes("c2VjcmV0"));
  }
  assert.deepEqual(await engine.listKeys(), []);
});

test("a key has one name, and a name one key", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.addKey("ann", line("ssh-ed25519"), "owner");
  await assert.rejects(engine.addKey("bob", line("ssh-ed25519"), "owner"), { code: "key_exists" });
  await assert.rejects(engine.addKey("ann", line("ssh-ed25519", "x"), "owner"), {
    code: "key_exists",
  });
  await assert.rejects(engine.addKey("a b", line("ssh-rsa"), "owner"), { code: "invalid_input" });
  await engine.removeKey("ann", "owner");
  await assert.rejects(engine.removeKey("ann", "owner"), { code: "key_not_found" });
});

test("keys of files come and go with them, beside those of commands", async () => {
  await using world = await createWorld();
  const { engine } = world;
  await engine.addKey("ann", line("ssh-ed25519"), "owner");
  const type = "ssh-rsa";
  const file = "authorized_keys.d/ann.pub";
  world.config = { ...world.config, keys: [{ name: "ann", type, blob: blobOf(type), file }] };
  assert.equal(await engine.rebuildKeys(), 2);
  const named = (await engine.listKeys()).map(({ name, managedBy }) => [name, managedBy]);
  assert.deepEqual(named, [
    ["ann", null],
    ["ann-2", file],
  ]);
  await assert.rejects(engine.removeKey("ann-2", "owner"), { code: "managed_by_file" });
  world.config = { ...world.config, keys: [] };
  assert.equal(await engine.rebuildKeys(), 1);
});

test("class 22, exhaustion: a person has only so many keys and tokens, and each of them may be replaced", async () => {
  await using world = await createWorld();
  const { engine } = world;
  const { people } = engine;
  const [eve, ann] = ["eve", "ann"].map(
    (name) => people.addUser({ name, email: null, superuser: false }).id,
  );
  assert.ok(eve && ann);
  const add = (name: string, userId: string | null = eve) =>
    engine.addKey(name, `ssh-ed25519 ${blobOf("ssh-ed25519", name.padEnd(8))}`, "eve", userId);
  for (let count = 0; count < 100; count += 1) await add(`k${count}`);
  await assert.rejects(add("more"), { code: "too_many_keys" });
  await engine.removeKey("k7", "eve");
  for (const userId of [eve, ann, null]) await add(`one-of-${userId}`, userId);

  const asked = { userId: eve, role: "viewer", teamId: null, appId: null, days: 1 };
  const token = (name: string) => people.addToken({ ...asked, name });
  for (let count = 0; count < 100; count += 1) token(`t${count}`);
  assert.throws(() => token("more"), { code: "too_many_tokens" });
  people.removeToken(eve, "t7");
  token("more");
});
