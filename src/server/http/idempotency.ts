import { createHash } from "node:crypto";
import type { Operation } from "#api/operation.ts";
import type { Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Engine } from "#engine/engine.ts";

type Asked = {
  readonly key: string | string[];
  readonly caller: Caller;
  readonly request: { readonly url: string; readonly body: unknown };
  readonly work: () => Promise<unknown>;
};

type Done = { readonly answer: unknown; readonly isRepeated: boolean };

/**
 * Carries out what has a key of the client's choice once: the same request with the same key gets
 * the first one's answer. The key is on the disk before the work begins, so that not even a crash
 * lets it be done twice; what is refused gives its key back.
 * @throws {PlatformError} `key_reused`, `key_in_doubt`, `answer_shown_once`
 * @see draft-ietf-httpapi-idempotency-key-header
 */
export async function carryOutOnce(
  { once }: Pick<Engine, "once">,
  operation: Operation,
  { key, caller, request, work }: Asked,
): Promise<Done> {
  const place = { caller: ownerOf(caller), key: checked(key) };
  const fingerprint = digestOf([operation.id, request.url, request.body ?? null]);
  const begun = once.begin(place, fingerprint);
  if (begun === "new") {
    return {
      answer: await once.carryOut(place, { work, keep: !operation.shownOnce }),
      isRepeated: false,
    };
  }
  return { answer: await begun, isRepeated: true };
}

/** Keys of different people do not meet. */
function ownerOf({ kind, userId, actor }: Caller): string {
  return userId === null ? `${kind} ${actor}` : `user ${userId}`;
}

function checked(key: string | string[]): string {
  if (typeof key === "string" && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  const problem = "use up to 200 printable characters without spaces";
  throw new PlatformError("invalid_input", { field: "Idempotency-Key", problem });
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
