import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { ConfigProblem } from "#domain/host-config.ts";

/** A domain that is to be served over TLS, and where its file says so. */
export type SecuredDomain = {
  readonly file: string;
  readonly line: number;
  readonly certificate: string;
  readonly key: string;
};

type Words = Pick<ConfigProblem, "key" | "problem" | "fix">;
type Pair = Pick<SecuredDomain, "certificate" | "key">;
/** What is known of a pair of files, and of which files: they are looked at more often than they change. */
type Known = { readonly stamp: string; readonly is: Words | { readonly until: Date } };

/**
 * Gives warnings for certificates that cannot be used, and reads again only those whose files have
 * changed since. The router takes up better ones by itself.
 */
export function createCertificateCheck(): (
  secured: readonly SecuredDomain[],
  now: Date,
) => Promise<ConfigProblem[]> {
  let known = new Map<string, Known>();
  return async (secured, now) => {
    const pairs = new Map(secured.map((it) => [nameOf(it), it]));
    const looked = [...pairs].map(async ([name, pair]) => {
      const stamp = await stampOf(pair);
      const before = known.get(name);
      return [name, before?.stamp === stamp ? before : { stamp, is: await read(pair) }] as const;
    });
    known = new Map(await Promise.all(looked));
    return secured.flatMap((it): ConfigProblem[] => {
      const is = known.get(nameOf(it))?.is;
      const words = is && problemOf(it, is, now);
      return words ? [{ severity: "warning", file: it.file, line: it.line, ...words }] : [];
    });
  };
}

function nameOf({ certificate, key }: Pair): string {
  return `${certificate}\n${key}`;
}

async function stampOf({ certificate, key }: Pair): Promise<string> {
  const stamps = [certificate, key].map(async (path) => {
    const stats = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => error);
    if (stats instanceof Error) return stats.code;
    return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(" ");
  });
  return (await Promise.all(stamps)).join("\n");
}

const served = "so a self-signed certificate is served";

/** When a certificate ends; null when the file cannot be read or holds none. */
export async function certificateEnd(path: string): Promise<Date | null> {
  const chain = await readPem(path, "ssl_certificate", (it) => new X509Certificate(it));
  return "problem" in chain ? null : chain.value.validToDate;
}

async function read({ certificate, key }: Pair): Promise<Known["is"]> {
  const chain = await readPem(certificate, "ssl_certificate", (it) => new X509Certificate(it));
  if ("problem" in chain) return chain;
  const secret = await readPem(key, "ssl_certificate_key", createPrivateKey);
  if ("problem" in secret) return secret;
  if (chain.value.checkPrivateKey(secret.value)) return { until: chain.value.validToDate };
  const problem = `${certificate} does not belong to the key ${key}, ${served}`;
  return { key: "ssl_certificate", problem, fix: "put the two files there that belong together" };
}

function problemOf({ certificate }: Pair, known: Known["is"] | undefined, now: Date): Words | null {
  if (known === undefined) return null;
  if ("problem" in known) return known;
  if (known.until > now) return null;
  const problem = `${certificate} ended on ${known.until.toISOString().slice(0, 10)}`;
  return { key: "ssl_certificate", problem, fix: "renew the certificate" };
}

async function readPem<T>(
  path: string,
  key: string,
  parse: (pem: Buffer) => T,
): Promise<{ readonly value: T } | Words> {
  try {
    return { value: parse(await readFile(path)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // the system's error, or OpenSSL's
    if (code === "ENOENT") {
      const fix = "put the file there as PEM: it is taken up within seconds";
      return { key, problem: `${path} is not there, ${served}`, fix };
    }
    if (code === "EACCES") {
      const fix = "let the user that Berth runs as read the file and pass through its folders";
      return { key, problem: `Berth may not read ${path}, ${served}`, fix };
    }
    const fix = "put a PEM file there, as certificate authorities and openssl write it";
    return { key, problem: `${path} holds nothing that can be used, ${served}`, fix };
  }
}
