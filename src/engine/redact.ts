import type { ConfigVars } from "#domain/config-var.ts";
import { Secret } from "#domain/secret.ts";

/** Shorter ones would be found in anything. */
const lengthMin = 4;
/** Longer ones are looked for piece by piece, so that no program keeps berthd comparing. */
const lengthMax = 256;

type Redacted = {
  readonly write: (chunk: Uint8Array) => void;
  /** To be called at the end: gives what was held back, as it might have become a secret. */
  readonly end: () => void;
};

/**
 * Passes bytes on with each line of each secret of `env` hidden, whatever pieces they come in.
 * Line by line, as a terminal ends lines in another way than the secret does.
 */
export function redacted(env: ConfigVars, pass: (chunk: Uint8Array) => void): Redacted {
  const secrets = secretLines(env);
  if (secrets.length === 0) return { write: pass, end: () => {} };
  const pattern = new RegExp(secrets.map(literal).join("|"), "g");
  let held = "";
  const give = (text: string) => void (text !== "" && pass(Buffer.from(text, "latin1")));
  return {
    write: (chunk) => {
      const text = (held + Buffer.from(chunk).toString("latin1")).replaceAll(pattern, "[secret]");
      const end = text.length - begunLength(text, secrets);
      held = text.slice(end);
      give(text.slice(0, end));
    },
    end: () => give(held),
  };
}

/** The longest first; a character for each byte. */
function secretLines(env: ConfigVars): string[] {
  const lines = Object.values(env)
    .filter((value) => value instanceof Secret)
    .flatMap((secret) => secret.reveal().split("\n"))
    .map((line) => Buffer.from(line.trim()).toString("latin1"))
    .flatMap(piecesOf)
    .filter(({ length }) => length >= lengthMin);
  return [...new Set(lines)].toSorted((a, b) => b.length - a.length);
}

function piecesOf(line: string): string[] {
  const count = Math.ceil(line.length / lengthMax);
  return Array.from({ length: count }, (_, index) =>
    line.slice(index * lengthMax, (index + 1) * lengthMax),
  );
}

function literal(text: string): string {
  return text.replaceAll(/\W/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** How much of the end of `text` may be the beginning of a secret. */
function begunLength(text: string, secrets: readonly string[]): number {
  const longest = Math.min(text.length, (secrets[0]?.length ?? 0) - 1);
  for (let length = longest; length > 0; length -= 1) {
    const end = text.slice(-length);
    if (secrets.some((secret) => secret.length > length && secret.startsWith(end))) return length;
  }
  return 0;
}
