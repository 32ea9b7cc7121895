import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { bareEnv, exec } from "#lib/exec.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createCertificateCheck } from "./certificates.ts";

test("what is wrong with a certificate is said in the words of its cause", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  for (const name of ["one", "two"]) {
    const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const made = ["openssl", "req", "-x509", "-days", "10", "-subj", "/CN=a.com"] as const;
    await exec([...made, ...key, ...files], { env: bareEnv });
  }
  await writeFile(at("nonsense"), "nonsense");
  const checkCertificates = createCertificateCheck();
  const ask = async (certificate: string, key: string, now: Date) => {
    const domain = {
      file: "domains/a.com.yml",
      line: 7,
      certificate: at(certificate),
      key: at(key),
    };
    const found = await checkCertificates([domain], now);
    return found.map((it) => `${it.line} ${it.key}: ${it.problem}`.replaceAll(folder.path, ""));
  };
  const now = new Date(performance.timeOrigin);
  const later = new Date(now.getTime() + 11 * 86_400_000);
  const served = "so a self-signed certificate is served";
  assert.deepEqual(await ask("one.pem", "one.key", now), []);
  assert.deepEqual(await ask("none", "one.key", now), [
    `7 ssl_certificate: /none is not there, ${served}`,
  ]);
  assert.deepEqual(await ask("one.pem", "nonsense", now), [
    `7 ssl_certificate_key: /nonsense holds nothing that can be used, ${served}`,
  ]);
  assert.deepEqual(await ask("one.pem", "two.key", now), [
    `7 ssl_certificate: /one.pem does not belong to the key /two.key, ${served}`,
  ]);
  assert.match((await ask("one.pem", "one.key", later)).join(), /one\.pem ended on \d{4}-/);
  await copyFile(at("two.pem"), at("one.pem"));
  assert.match((await ask("one.pem", "one.key", now)).join(), /does not belong to the key/);
  await copyFile(at("two.key"), at("one.key"));
  assert.deepEqual(await ask("one.pem", "one.key", now), []);
});

test("certificates that have not changed are not read again, however many there are", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  const files = ["-keyout", at("key"), "-out", at("pem")];
  const made = ["openssl", "req", "-x509", "-days", "10", "-subj", "/CN=a.com", "-nodes"] as const;
  await exec([...made, "-newkey", "rsa:2048", ...files], { env: bareEnv });
  const secured = Array.from({ length: 100 }, (_, index) => {
    return { file: "", line: 1, certificate: at(`pem${index}`), key: at("key") };
  });
  for (const { certificate } of secured) await copyFile(at("pem"), certificate);
  const checkCertificates = createCertificateCheck();
  const processorMs = async () => {
    const before = process.cpuUsage();
    assert.deepEqual(await checkCertificates(secured, new Date(performance.timeOrigin)), []);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const first = await processorMs();
  const later = [await processorMs(), await processorMs(), await processorMs()];
  assert.ok(Math.min(...later) < first / 2, `${first} ms, then ${later.join(", ")} ms`);
});
