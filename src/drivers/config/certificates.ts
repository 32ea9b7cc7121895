import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ConfigProblem } from "#domain/host-config.ts";

/** A domain that is to be served over TLS, and where its file says so. */
export type SecuredDomain = {
  readonly file: string;
  readonly line: number;
  readonly certificate: string;
  readonly key: string;
};

type Words = Pick<ConfigProblem, "key" | "problem" | "fix">;

/** Warnings for certificates that cannot be used. The router takes up better ones by itself. */
export async function checkCertificates(
  secured: readonly SecuredDomain[],
  now: Date,
): Promise<ConfigProblem[]> {
  const checked = await Promise.all(
    secured.map(async ({ file, line, certificate, key }): Promise<ConfigProblem[]> => {
      const words = await problemOf({ certificate, key }, now);
      return words ? [{ severity: "warning", file, line, ...words }] : [];
    }),
  );
  return checked.flat();
}

const served = "so a self-signed certificate is served";

/** When a certificate ends; null when the file cannot be read or holds none. */
export async function certificateEnd(path: string): Promise<Date | null> {
  const chain = await readPem(path, "ssl_certificate", (it) => new X509Certificate(it));
  return "problem" in chain ? null : chain.value.validToDate;
}

async function problemOf(
  paths: Pick<SecuredDomain, "certificate" | "key">,
  now: Date,
): Promise<Words | null> {
  const chain = await readPem(
    paths.certificate,
    "ssl_certificate",
    (it) => new X509Certificate(it),
  );
  if ("problem" in chain) return chain;
  const secret = await readPem(paths.key, "ssl_certificate_key", createPrivateKey);
  if ("problem" in secret) return secret;
  const { certificate } = paths;
  if (!chain.value.checkPrivateKey(secret.value)) {
    const problem = `${certificate} does not belong to the key ${paths.key}, ${served}`;
    return { key: "ssl_certificate", problem, fix: "put the two files there that belong together" };
  }
  if (chain.value.validToDate > now) return null;
  const problem = `${certificate} ended on ${chain.value.validToDate.toISOString().slice(0, 10)}`;
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
