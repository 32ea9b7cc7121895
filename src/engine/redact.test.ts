import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "#domain/secret.ts";
import { redacted } from "./redact.ts";

const env = {
  PASSWORD: Secret.of("p*ss[wörd]"),
  KEY: Secret.of("-----BEGIN-----\nMIIEvg==\n-----END-----\n"),
  PIN: Secret.of("12"),
  SITE: "shop.test",
};

function shown(text: string, pieceBytes: number): string {
  const bytes = Buffer.from(text);
  const pieces: Uint8Array[] = [];
  const { write, end } = redacted(env, (chunk) => void pieces.push(chunk));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    write(bytes.subarray(at, at + pieceBytes));
  }
  end();
  return Buffer.concat(pieces).toString();
}

test("a secret is hidden in whatever pieces it comes, and nothing else is changed", () => {
  const text = "at p*ss[wörd]p*ss[wörd], p*ss[wörd, pass[wörd] of shop.test in 12 é🚀 p*s";
  const expected = "at [secret][secret], p*ss[wörd, pass[wörd] of shop.test in 12 é🚀 p*s";
  for (const pieceBytes of [1, 2, 3, 7, 1000]) assert.equal(shown(text, pieceBytes), expected);
});

test("each line of a secret is hidden, however the lines end", () => {
  for (const end of ["\n", "\r\n"]) {
    const text = ["-----BEGIN-----", "MIIEvg==", "-----END-----", "ok"].join(end);
    assert.equal(shown(text, 5), ["[secret]", "[secret]", "[secret]", "ok"].join(end));
  }
});

test("a long secret is hidden piece by piece, and little is held back for it", () => {
  const long = { LONG: Secret.of("a".repeat(500)) };
  let text = "";
  const { write, end } = redacted(long, (chunk) => void (text += Buffer.from(chunk).toString()));
  write(Buffer.from("a".repeat(500)));
  assert.equal(text, "[secret][secret]");
  write(Buffer.from("a".repeat(10_000)));
  assert.match(text, /^(?:\[secret\]){41}$/);
  end();
});
