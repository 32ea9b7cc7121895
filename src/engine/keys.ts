import { createHash } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";
import type { Key } from "#domain/key.ts";
import { note, type EngineContext } from "./context.ts";
import { changeByFile } from "./file-audit.ts";

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/;
const linePattern =
  /(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]+)\s+([A-Za-z0-9+/]{32,16384}={0,2})(?:\s|$)/;

/** Of one person: sshd reads through all keys whenever somebody comes. */
const keysMax = 100;

/** @throws {PlatformError} `key_exists`, `invalid_input`, `too_many_keys` */
export async function addKey(
  context: EngineContext,
  {
    name,
    line,
    userId,
    actor,
  }: { name: string; line: string; actor: string; userId: string | null },
): Promise<Key> {
  const { store, access, clock } = context;
  if (!namePattern.test(name)) {
    throw new PlatformError("invalid_input", {
      field: "name",
      problem: "use letters, digits and . _ @ + -",
    });
  }
  const { type, blob } = parseKeyLine(line);
  const key = store.transaction(() => {
    const all = store.keys.list();
    const same = all.find((it) => it.name === name || it.blob === blob);
    if (userId !== null && all.filter((it) => it.userId === userId).length >= keysMax) {
      throw new PlatformError("too_many_keys", { most: keysMax });
    }
    if (same) throw new PlatformError("key_exists", { key: name, name: same.name });
    const at = clock.now();
    const message = `The key ${name} was added.`;
    note(context, "key.added", { appId: null, target: null, actor, message });
    return store.keys.add({
      name,
      type,
      blob,
      fingerprint: fingerprintOf(blob),
      userId,
      managedBy: null,
      createdAt: at,
    });
  });
  await access.write(store.keys.list());
  return key;
}

/** @throws {PlatformError} `key_not_found`, `managed_by_file` */
export async function removeKey(
  context: EngineContext,
  { name, actor }: { name: string; actor: string },
): Promise<void> {
  const { store } = context;
  const key = store.keys.list().find((it) => it.name === name);
  if (!key) throw new PlatformError("key_not_found", { key: name });
  if (key.managedBy)
    throw new PlatformError("managed_by_file", { what: `The key ${name}`, file: key.managedBy });
  store.transaction(() => {
    store.keys.remove(key.id);
    const message = `The key ${name} was removed.`;
    note(context, "key.removed", { appId: null, target: null, actor, message });
  });
  // A key folder may have it as well, under another name.
  await syncKeys(context);
}

/** Makes the keys of the key folders those that count, and writes what sshd reads. */
export async function syncKeys(context: EngineContext): Promise<number> {
  const { store, access, hostConfig, clock } = context;
  const wanted = new Map(hostConfig().keys.map((key) => [key.blob, key]));
  store.transaction(() => {
    for (const { id, name, managedBy, blob } of store.keys.list()) {
      if (!managedBy || wanted.get(blob)?.file === managedBy) continue;
      const change = { file: managedBy, target: name, subject: { key: name } };
      changeByFile(context, change, () => store.keys.remove(id));
    }
    const known = store.keys.list();
    const names = new Set(known.map((it) => it.name));
    for (const { name, type, blob, file } of wanted.values()) {
      if (known.some((it) => it.blob === blob)) continue;
      const free = freeName(name, names);
      names.add(free);
      const fingerprint = fingerprintOf(blob);
      const key = { name: free, type, blob, fingerprint, userId: null, managedBy: file };
      const change = { file, target: free, subject: { key: free } };
      changeByFile(context, change, () => void store.keys.add({ ...key, createdAt: clock.now() }));
    }
  });
  const keys = store.keys.list();
  await access.write(keys);
  return keys.length;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function parseKeyLine(line: string): { type: string; blob: string } {
  const [, type, blob] = linePattern.exec(line) ?? [];
  if (!type || !blob || !startsWithItsType(type, blob)) {
    const problem =
      "it is not a public key as ssh-keygen writes it, such as ssh-ed25519 AAAA… you@laptop";
    throw new PlatformError("invalid_input", { field: "key", problem });
  }
  return { type, blob };
}

/** A key's data begins with the length and the name of its type. @see RFC 4253, section 6.6 */
function startsWithItsType(type: string, blob: string): boolean {
  const data = Buffer.from(blob, "base64");
  return data.length > 4 && data.subarray(4, 4 + data.readUInt32BE(0)).toString("latin1") === type;
}

function fingerprintOf(blob: string): string {
  const hash = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${hash.replace(/=+$/, "")}`;
}
