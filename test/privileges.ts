import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import type { Privileges } from "#domain/privileges.ts";
import { ownRealm, type Realm } from "#domain/realm.ts";
import { createPrivileges } from "#drivers/privileges/create-privileges.ts";
import { checkout, programOf } from "#lib/checkout.ts";
import { exec } from "#lib/exec.ts";
import { createHelper, type AuditEntry } from "#privileged/helper.ts";
import { supervisionLayout, type SupervisionLayout } from "#privileged/layout.ts";
import { beginRealm } from "#privileged/realm.ts";
import { makeRealm, removeRealm } from "#setup/realm.ts";
import { claimUsers, releaseUsers } from "#setup/uid-range.ts";
import { temporaryFolder, tools } from "./machine.ts";

export const isRoot = process.getuid?.() === 0;

/** The verbs over a home of the test's own: as root with users for apps, else without. */
export type PrivilegedWorld = AsyncDisposable & {
  readonly realm: Realm;
  readonly layout: SupervisionLayout;
  readonly privileges: Privileges;
  readonly audit: readonly AuditEntry[];
  /** A sealed artifact of app 1 with these files. */
  readonly artifact: (id: number, files?: Readonly<Record<string, string>>) => Promise<void>;
  /** Makes a log's folder, as berthd does. */
  readonly logFolder: (name: string) => Promise<void>;
  /** The same, not handed over yet. */
  readonly growing: (id: number, files?: Readonly<Record<string, string>>) => Promise<string>;
};

export async function startPrivileges(
  home: string,
  { hasUsers = isRoot } = {},
): Promise<PrivilegedWorld> {
  // Users of apps must get through.
  await chmod(home, 0o711);
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const account = hasUsers ? { uid: 65_533, gid: 65_533 } : self;
  const realm = hasUsers ? await realmFor(home, account) : ownRealm(account, false);
  const layout = supervisionLayout(home);
  await mkdir(join(home, "logs/instances"), { recursive: true });
  const audit: AuditEntry[] = [];
  const serve = createHelper(await beginRealm(home, realm), (entry) => audit.push(entry));
  const socket = join(home, "run/helper.sock");
  const server = createServer(serve).listen(socket).unref();
  await once(server, "listening");
  const privileges = await createPrivileges({
    home,
    realm,
    tools: { ...tools, relay: programOf(checkout, "berth-terminal") },
    connect: () => connect(socket),
  });
  const growing: PrivilegedWorld["growing"] = async (id, files = { file: "content" }) => {
    const path = layout.growing(id);
    await mkdir(path);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
    await exec(["chown", "-R", `${account.uid}:${account.gid}`, path]);
    return path;
  };
  return {
    realm,
    layout,
    privileges,
    audit,
    growing,
    logFolder: async (name) => {
      await mkdir(layout.log(name), { recursive: true });
      const logs = join(home, "logs");
      await exec(["chown", "-R", `${account.uid}:${account.gid}`, logs]);
    },
    artifact: async (id, files) => {
      await growing(id, files);
      await privileges.call("handOverArtifact", { artifactId: id, user: 1 });
      await privileges.call("sealArtifact", { artifactId: id, user: 1 });
      await privileges.call("finishArtifact", { artifactId: id, user: 1 });
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      await removeRealm(realm);
      if (hasUsers) await releaseUsers(home);
    },
  };
}

/** The walls of a home of the test's own, with no home around them. */
export async function realmOf() {
  const folder = await temporaryFolder();
  const make = () => realmFor(folder.path, { uid: 65_533, gid: 65_533 });
  const realm = await make();
  return {
    realm,
    /** Ends what runs between them, and puts them up as new. */
    renew: async () => void (await make()),
    [Symbol.asyncDispose]: async () => {
      await removeRealm(realm);
      await releaseUsers(folder.path);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function realmFor(home: string, account: Realm["account"]): Promise<Realm> {
  const folder = join(home, "run/root");
  await mkdir(folder, { recursive: true });
  const router = { uid: 65_532, gid: 65_532 };
  return makeRealm(folder, { account, router, appsFrom: await claimUsers(home) });
}
