import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { ensureAccount, parsePasswd } from "./account.ts";

const isRoot = process.getuid?.() === 0;
const forRoot = { skip: isRoot ? false : "only root can add users" };

test("an account and its second name are one user, made once", forRoot, async () => {
  const { name, second, home } = someNames();
  try {
    const made = await ensureAccount([second], { name, home });
    assert.deepEqual(made.names, [name, second]);
    assert.deepEqual(made.warnings, []);
    const passwd = await readFile("/etc/passwd", "utf8");
    assert.equal(parsePasswd(passwd).get(second)?.uid, made.uid);
    assert.deepEqual(await ensureAccount([second], { name, home }), made);
    assert.equal(await readFile("/etc/passwd", "utf8"), passwd);
  } finally {
    await removeUsers([second, name]);
  }
});

test("a new account takes no password but is not locked", forRoot, async () => {
  const { name, home } = someNames();
  try {
    await ensureAccount([], { name, home });
    assert.match(await readFile("/etc/shadow", "utf8"), new RegExp(`^${name}:\\*:`, "m"));
  } finally {
    await removeUsers([name]);
  }
});

test("a name that belongs to another user is left alone and reported", forRoot, async () => {
  const { name, home } = someNames();
  try {
    const { names, warnings } = await ensureAccount(["daemon"], { name, home });
    assert.deepEqual(names, [name]);
    assert.match(warnings.join(), /daemon belongs to another user \(uid 1\)/);
  } finally {
    await removeUsers([name]);
  }
});

test("root itself is refused as the account", forRoot, async () => {
  await assert.rejects(ensureAccount([], { name: "root", home: "/root" }), {
    code: "command_failed",
    message: /it is root/,
  });
});

test("an ordinary user is the account as it is", { skip: isRoot && "root makes one" }, async () => {
  const { name, uid } = await ensureAccount();
  assert.deepEqual({ name, uid }, { name: userInfo().username, uid: userInfo().uid });
});

test("passwd lines give name, ids and home; broken lines are skipped", () => {
  const entries = parsePasswd(
    "berth:x:990:991::/var/lib/berth:/bin/sh\n\nbroken:x\nberth:x:1:1::/:\n",
  );
  assert.deepEqual(
    [...entries.values()],
    [{ name: "berth", uid: 990, gid: 991, home: "/var/lib/berth" }],
  );
});

function someNames(): { name: string; second: string; home: string } {
  const name = `berth-test-${randomBytes(4).toString("hex")}`;
  return { name, second: `${name}-2`, home: join(tmpdir(), name) };
}

/** The second name first, by force: userdel spares a user whose id another name shares. */
async function removeUsers(names: readonly string[]): Promise<void> {
  for (const name of names) await exec(["userdel", "--force", "--", name]).catch(() => null);
}
