import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allowedShells, findShells, type SourceText } from "./no-shell.ts";

const root = join(import.meta.dirname, "..");
const folders = ["src", "scripts", "bench", "bin", "console", "packaging", "test"];

/** All text that runs with Berth, makes it run or tries it; but these two files, which name what is looked for. */
function sources(): SourceText[] {
  return folders
    .flatMap((folder) => filesIn(folder))
    .map((path) => ({
      path,
      text: readFileSync(join(root, path), "utf8"),
    }));
}

function filesIn(folder: string): string[] {
  const names = readdirSync(root).includes(folder)
    ? readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    : [];
  return names
    .filter((name) => !/(?:^|\/)(?:node_modules|dist)\//.test(name))
    .filter((name) => !/\.(?:png|woff2?|ico|json|md|sql|svg|css|txt)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((path) => !path.startsWith("test/no-shell.") && statSync(join(root, path)).isFile());
}

test("class 1, shell interpolation: no text of Berth reaches a shell, outside of one function", () => {
  const all = sources();
  assert.ok(all.length > 300, `${all.length} files were read`);
  assert.ok(
    all.some(({ path }) => path.endsWith(".lua")) &&
      all.some(({ path }) => path.startsWith("scripts/")),
  );
  const found = all.filter(({ path }) => !(path in allowedShells)).flatMap(findShells);
  assert.deepEqual(found, []);
});

test("what may start a shell does so: the list of exceptions holds no others", () => {
  for (const path of Object.keys(allowedShells)) {
    const text = readFileSync(join(root, path), "utf8");
    assert.notDeepEqual(findShells({ path, text }), [], path);
  }
});

test("a shell that somebody plants is found, in every form and language", () => {
  const planted = [
    ["src/engine/deploy.ts", 'start(["git", name], { shell: true });'],
    ["src/engine/deploy.ts", 'start(["git", name], { "shell": "/bin/bash" });'],
    ["src/engine/deploy.ts", 'import { exec } from "node:child_process";'],
    ["src/lib/exec.ts", 'import { spawn, execSync } from "node:child_process";'],
    ["src/engine/deploy.ts", 'const { execSync } = require("child_process");'],
    ["src/engine/deploy.ts", 'await import("node:child_process")'],
    ["src/engine/deploy.ts", "exec([\n  'sh',\n  '-ec',\n  `git ${name}`,\n])"],
    ["src/engine/deploy.ts", 'exec(["/usr/bin/bash", file])'],
    ["src/engine/deploy.ts", 'exec(["nice", "-n", "5", "/bin/sh", "-c", line])'],
    ["src/setup/unit.ts", "ExecStart=/bin/sh -c 'exec berthd'"],
    ["src/engine/deploy.ts", "eval(text)"],
    ["src/engine/deploy.ts", 'import { runInNewContext } from "node:vm";'],
    ["scripts/setup.mjs", 'spawn("apt-get", { shell: true })'],
    ["bench/router.ts", '["su", "berth", "-c", line]'],
    ["src/lib/execline.ts", '["execlineb", "-Pc", text]'],
    ["src/drivers/routers/nginx/route.lua", "os.execute('touch ' .. path)"],
    ["src/drivers/routers/nginx/route.lua", "local out = io.popen(line):read()"],
    ["src/drivers/routers/nginx/route.lua", 'local pipe = require "ngx.pipe"'],
  ] as const;
  for (const [path, text] of planted) {
    assert.notDeepEqual(findShells({ path, text }), [], `${path}: ${text}`);
  }
});

test("what starts no shell is left alone", () => {
  const fine = [
    ["src/lib/exec.ts", 'import { spawn, type ChildProcess } from "node:child_process";'],
    ["src/lib/exec.ts", "spawn(program, args, { shell: false });"],
    ["src/domain/host-settings.ts", "shell: z.unknown()"],
    ["src/cli/completion.ts", 'z.enum(["bash", "zsh", "fish"])'],
    ["src/setup/account.ts", '"--shell",\n"/bin/sh",\n"--home"'],
    ["src/engine/deploy.ts", "// never sh -c\nconst a = pattern.exec(text);"],
    ["src/drivers/routers/nginx/route.lua", "-- never os.execute\nlocal a = 1"],
  ] as const;
  for (const [path, text] of fine) assert.deepEqual(findShells({ path, text }), []);
});
