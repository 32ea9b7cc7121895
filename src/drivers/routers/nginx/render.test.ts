import assert from "node:assert/strict";
import { chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { exec } from "#lib/exec.ts";
import { temporaryFolder } from "../../../../test/machine.ts";
import { nobody, selfSigned } from "../../../../test/nginx.ts";
import { renderNginx, type NginxSettings } from "./render.ts";

const golden = fileURLToPath(new URL("../../../../test/golden/nginx", import.meta.url));

function settings(overrides: Partial<NginxSettings> = {}): NginxSettings {
  return {
    address: "*",
    ipv6: true,
    ports: { direct: 42530, http: 42531, terminated: 42532, tls: 42533 },
    trustedProxies: [],
    workers: null,
    paths: {
      runDir: "/var/lib/berth/run",
      luaDir: "/opt/berth/src/drivers/routers/nginx",
      socket: "/var/lib/berth/run/nginx.sock",
      snapshot: "/var/lib/berth/run/routes",
      requestLog: "/var/lib/berth/run/nginx/access.log",
      sites: "/var/lib/berth/data/artifacts",
      certificate: "/var/lib/berth/data/certs/fallback.crt",
      key: "/var/lib/berth/data/certs/fallback.key",
    },
    ...overrides,
  };
}

const cases = {
  default: settings(),
  trusting: settings({
    address: "192.0.2.7",
    trustedProxies: ["10.0.0.0/8", "fd00::/8"],
    workers: 2,
  }),
};

for (const [name, chosen] of Object.entries(cases)) {
  test(`the ${name} configuration reads as it was agreed`, async () => {
    const path = join(golden, `${name}.conf`);
    const text = renderNginx(chosen);
    if (process.env["BERTH_GOLDEN"] === "write") await writeFile(path, text);
    assert.equal(text, await readFile(path, "utf8"));
  });

  test(`nginx accepts the ${name} configuration`, async () => {
    await using folder = await temporaryFolder();
    const luaDir = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
    const at = (file: string) => join(folder.path, file);
    const paths = { certificate: at("a.crt"), key: at("a.key"), runDir: folder.path, luaDir };
    const socketAndSnapshot = {
      socket: at("control.sock"),
      snapshot: at("routes"),
      requestLog: at("access.log"),
      sites: at("sites"),
    };
    // An address of this machine: nginx binds even when it only tests.
    const here = chosen.address === "*" ? {} : { address: "127.0.0.1" };
    const text = renderNginx({ ...chosen, ...here, paths: { ...paths, ...socketAndSnapshot } });
    await selfSigned(paths.certificate, paths.key, "fallback.test");
    await writeFile(at("nginx.conf"), text);
    if (nobody) {
      for (const file of [folder.path, paths.key]) await chown(file, nobody.uid, nobody.gid);
    }
    const argv = ["nginx", "-t", "-q", "-c", at("nginx.conf")] as const;
    assert.equal(await exec([...argv], nobody ?? {}), "");
  });
}

test("a path that nginx would read as more than a path is refused", () => {
  for (const runDir of ['/a"b', "/a$b", "/a\nb", "/a{b", "/a\\b"]) {
    const paths = { ...settings().paths, runDir };
    assert.throws(() => renderNginx(settings({ paths })), { code: "ERR_ASSERTION" });
  }
});
