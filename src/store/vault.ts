import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { PlatformError } from "#domain/errors.ts";
import { Secret } from "#domain/secret.ts";
import type { SecretKey } from "./secret-keys.ts";

/**
 * Where a sealed value belongs, such as `branch/7/env/PASSWORD`. It opens nowhere else, so that a
 * row that was copied to another app gives nothing away.
 */
export type Place = { readonly path: string; readonly name: string };

/** Seals secrets for the disk and opens them again. */
export type Vault = {
  readonly seal: (secret: Secret, place: Place) => string;
  /** A secret that is opened, and found unreadable, only when it is revealed. */
  readonly open: (sealed: string, place: Place) => Secret;
  /** From now on seals with the first of these, and opens with any. */
  readonly use: (keys: readonly [SecretKey, ...SecretKey[]]) => void;
};

/** What a text begins with that was sealed: the version of its form. */
export const sealedMark = "sealed:1.";

const cipher = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const form = /^sealed:1\.([0-9a-f]+)\.([0-9a-f-]+)\.([\w-]+)$/;

/** AES-256-GCM: `sealed:1.<key>.<id of the secret>.<nonce, text, tag>`. All of it is authenticated. */
export function createVault(keys: readonly [SecretKey, ...SecretKey[]]): Vault {
  let inUse = keys;
  /** What each secret was opened from or sealed to, so that it is written as it was unless the key has changed. */
  const origins = new WeakMap<Secret, { sealed: string; path: string; keyId: string }>();
  return {
    seal: (secret, { path }) => {
      const [key] = inUse;
      const origin = origins.get(secret);
      // One whose key is lost cannot be sealed anew; it stays until it is set again.
      const isKept = origin && (origin.keyId === key.id || !isReadable(secret));
      if (isKept && origin.path === path) return origin.sealed;
      const head = `${sealedMark}${key.id}.${secret.id}.`;
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key.bytes, nonce, { authTagLength: tagBytes });
      sealing.setAAD(Buffer.from(head + path));
      const body = [nonce, sealing.update(secret.reveal(), "utf8"), sealing.final()];
      const sealed = head + Buffer.concat([...body, sealing.getAuthTag()]).toString("base64url");
      origins.set(secret, { sealed, path, keyId: key.id });
      return sealed;
    },
    open: (sealed, place) => {
      const [, keyId = "", id = "", body = ""] = form.exec(sealed) ?? [];
      assert(id !== "", "what is sealed has another form");
      const key = inUse.find((it) => it.id === keyId);
      const secret = Secret.sealed(id, () => {
        if (!key) throw unreadable(place, `key ${keyId}, which it was encrypted with, is lost`);
        return decrypt({ key, body, place, head: `${sealedMark}${keyId}.${id}.` });
      });
      origins.set(secret, { sealed, path: place.path, keyId });
      return secret;
    },
    use: (next) => void (inUse = next),
  };
}

/** What was opened before its key was given up still is. */
function isReadable(secret: Secret): boolean {
  try {
    secret.reveal();
    return true;
  } catch (error) {
    if (error instanceof PlatformError && error.code === "secret_unreadable") return false;
    throw error;
  }
}

function decrypt(sealed: {
  readonly key: SecretKey;
  readonly head: string;
  readonly body: string;
  readonly place: Place;
}): string {
  const { key, head, place } = sealed;
  const bytes = Buffer.from(sealed.body, "base64url");
  const nonce = bytes.subarray(0, nonceBytes);
  try {
    const opening = createDecipheriv(cipher, key.bytes, nonce, { authTagLength: tagBytes });
    opening.setAAD(Buffer.from(head + place.path));
    opening.setAuthTag(bytes.subarray(-tagBytes));
    const text = opening.update(bytes.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([text, opening.final()]).toString("utf8");
  } catch (error) {
    throw unreadable(place, "it was changed in the database, or put where it does not belong", {
      cause: error,
    });
  }
}

function unreadable({ name }: Place, problem: string, options?: ErrorOptions): PlatformError {
  return new PlatformError("secret_unreadable", { name, problem }, options);
}
