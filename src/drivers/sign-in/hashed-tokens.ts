import { createHash } from "node:crypto";
import type { SignInCondition, SignInModel, SignInRow, SignInRows } from "#domain/sign-in.ts";

/**
 * The same rows, of which a session's holds only the hash of its token: whoever reads the database
 * has nobody's session. Whoever asks by a token is answered with it, as the library expects.
 */
export function withHashedTokens(rows: SignInRows): SignInRows {
  return {
    ...rows,
    add: (model, row) => ({ ...rows.add(model, hashed(model, row)), ...tokenOf(model, row) }),
    find: (model, where, page) => answered(model, where, (it) => rows.find(model, it, page)),
    change: (model, where, patch) =>
      answered(model, where, (it) => rows.change(model, it, hashed(model, patch))),
    remove: (model, where, limit) => answered(model, where, (it) => rows.remove(model, it, limit)),
  };
}

function answered(
  model: SignInModel,
  where: readonly SignInCondition[],
  work: (where: readonly SignInCondition[]) => SignInRow[],
): SignInRow[] {
  const plain = new Map<unknown, unknown>();
  const asked = where.map((condition) => {
    if (model !== "session" || condition.field !== "token") return condition;
    const tokens = [condition.value].flat();
    for (const token of tokens) plain.set(hashOf(token), token);
    const hashes = tokens.map(hashOf);
    return { ...condition, value: Array.isArray(condition.value) ? hashes : hashes[0] };
  });
  return work(asked).map((row) =>
    plain.has(row["token"]) ? { ...row, token: plain.get(row["token"]) } : row,
  );
}

function hashed(model: SignInModel, row: SignInRow): SignInRow {
  const { token } = tokenOf(model, row);
  return token === undefined ? row : { ...row, token: hashOf(token) };
}

function tokenOf(model: SignInModel, { token }: SignInRow): { readonly token?: unknown } {
  return model === "session" && token !== undefined ? { token } : {};
}

function hashOf(token: unknown): string {
  return createHash("sha256").update(String(token)).digest("base64url");
}
