import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, linesOf } from "../../test/config-text.ts";
import { revealVars } from "./config-var.ts";
import { defaultBranchOf, parseRepoConfig } from "./repo-config.ts";

function problemsOf(yaml: string): string[] {
  return linesOf(parseRepoConfig(configText(yaml)).problems);
}

function branchOf(yaml: string) {
  const { value, problems } = parseRepoConfig(configText(`branches:\n  main:\n${yaml}`));
  assert.deepEqual(linesOf(problems), []);
  return value?.get("main") ?? assert.fail("no branch");
}

test("runners become process types", () => {
  const { processTypes } = branchOf(`
    runners:
      node: {type: NginxBackend, cmd: npm start, process_count: 4, nginx_proxy_path: /}
      files: {type: NginxStatic, subdirectory: /public/img/}
      jobs: {type: SimpleProcess, cmd: node jobs.js}
`);
  const [node, files, jobs] = [
    processTypes?.["node"],
    processTypes?.["files"],
    processTypes?.["jobs"],
  ];
  const empty = { directory: "", stripPrefix: false };
  assert.deepEqual(node, {
    ...empty,
    kind: "web",
    command: "npm start",
    count: 4,
    stripPrefix: true,
  });
  assert.deepEqual(files, {
    ...empty,
    kind: "static",
    command: "",
    count: 1,
    directory: "public/img",
  });
  assert.deepEqual(jobs, { ...empty, kind: "worker", command: "node jobs.js", count: 1 });
});

test("without runners the pushed code decides, and an empty branch is one", () => {
  assert.equal(branchOf("    env: {A: b}\n").processTypes, null);
  assert.equal(branchOf("").processTypes, null);
});

test("config vars are taken as they are written", () => {
  const { env } = branchOf(`
    env:
      VERSION: 1.10
      MODE: 0x1F
      ON: yes
      FLAG: True
      EMPTY:
      QUOTED: "1.10"
      constructor: x
`);
  assert.deepEqual(env, {
    VERSION: "1.10",
    MODE: "0x1F",
    ON: "yes",
    FLAG: "True",
    EMPTY: "",
    QUOTED: "1.10",
    constructor: "x",
  });
});

test("hooks are a command or several, and Berth's own keys reach the branch", () => {
  const branch = branchOf(`
    hooks: {build: make, maintenance: [a, b], while_serving: yes}
    custom_cmds: {console: node}
    health: {path: /up, timeout_s: 5}
    timing: {stop_timeout_s: 1, drain_timeout_s: 0, hold_timeout_s: 2}
    keep_releases: 3
`);
  assert.deepEqual(branch.hooks, {
    beforeBuild: [],
    build: ["make"],
    afterBuild: [],
    maintenance: ["a", "b"],
    whileServing: true,
  });
  assert.deepEqual(branch.customCommands, { console: "node" });
  assert.deepEqual(branch.health, { path: "/up", timeoutS: 5 });
  assert.deepEqual(branch.timing, { stopTimeoutS: 1, drainTimeoutS: 0, holdTimeoutS: 2 });
  assert.equal(branch.keepReleases, 3);
});

test("branches keep their order, numbers too", () => {
  const { value } = parseRepoConfig(configText("branches:\n  zeta:\n  main:\n  2024:\n"));
  assert.deepEqual([...(value?.keys() ?? [])], ["zeta", "main", "2024"]);
});

test("the default branch is master or main, else the first", () => {
  assert.equal(defaultBranchOf(["dev", "main", "master"]), "master");
  assert.equal(defaultBranchOf(["dev", "main"]), "main");
  assert.equal(defaultBranchOf(new Map([["dev", 1]]).keys()), "dev");
  assert.equal(defaultBranchOf([]), null);
});

test("each mistake names line, key and what to write", () => {
  const found = problemsOf(`branches:
  main:
    runners:
      web:
        type: NginxBackend
        comd: npm start
        process_count: four
      api: {type: NginxBackends, cmd: x}
    env: {PORT: 1, A: [1]}
    keep_releases: 1
brunches: 1
`);
  const at = "branches.main";
  assert.deepEqual(found, [
    `error 4 ${at}.runners.web.cmd: is missing; write \`cmd: npm start\``,
    `error 6 ${at}.runners.web.comd: is not a key that Berth knows; is it cmd?; write \`cmd:\``,
    `error 7 ${at}.runners.web.process_count: must be a whole number, not "four"; write \`process_count: 4\``,
    `error 8 ${at}.runners.api.type: must be NginxBackend, NginxStatic or SimpleProcess, not "NginxBackends"; write \`type: NginxBackend\``,
    `error 9 ${at}.env.PORT: is no name that can be used here; remove it: Berth gives each web instance a PORT of its own`,
    `error 9 ${at}.env.A: must be text, a number, true or false, not a list; write \`A: "text"\``,
    `error 10 ${at}.keep_releases: must be at least 2; write \`keep_releases: 2\``,
    "error 11 brunches: is not a key that Berth knows; is it branches?; write `branches:`",
  ]);
});

test("a runner that leads out of the checkout, or is not taken yet, is refused", () => {
  const runner = (text: string) => problemsOf(`branches: {main: {runners: {x: {${text}}}}}`);
  assert.match(runner("type: NginxStatic, subdirectory: ../etc").join(), /leads out of/);
  assert.match(runner("type: UwsgiNginxBackend, cmd: x").join(), /not taken yet; write `type: Ng/);
  assert.match(
    runner('type: NginxBackend, cmd: x, nginx_proxy_path: "/x"').join(),
    /must be \/ or/,
  );
  assert.match(runner('type: SimpleProcess, cmd: ""').join(), /is empty; write `cmd: npm start`/);
  assert.match(runner('type: SimpleProcess, cmd: "a\\0b"').join(), /NUL/);
  assert.match(
    runner("type: NginxBackend, cmd: x, nginx_extra_config: deny all;").join(),
    /"deny"/,
  );
});

test("what is no mapping of branches is refused, and nothing is thrown", () => {
  assert.match(problemsOf("").join(), /says nothing; write at least `branches:`/);
  assert.match(problemsOf("- a\n").join(), /must be a mapping, not a list/);
  assert.match(problemsOf("branches: 3\n").join(), /must be a mapping of branches, not 3/);
  assert.match(problemsOf("branches: {}\n").join(), /names no branch/);
  assert.match(problemsOf("branches: {a..b: {}}\n").join(), /is no name that can be used here/);
  assert.match(problemsOf('branches: {"\\e[2J": 1}\n').join(), /"\\u001b\[2J"/);
});

test("env_secret gives secrets, whose values no problem names", () => {
  const { env } = branchOf("    env: {A: a}\n    env_secret: {B: hunter2}\n");
  assert.equal(env["A"], "a");
  assert.equal(JSON.stringify(env["B"]), '"[secret]"');
  assert.deepEqual(revealVars(env), { A: "a", B: "hunter2" });
  const mistakes = [
    "    env: {B: hunter2}\n    env_secret: {B: hunter2}\n",
    "    env_secret: hunter2\n",
    "    env_secret: {B: [hunter2]}\n",
    "    env_secret: {B: 42424242}\n",
    "    env_secret: {PORT: hunter2}\n",
    `    env_secret: {B: "hunter2\\0"}\n`,
    "    env_secret: {B: hunter2, B: hunter2}\n",
    '    env_secret: {B: "hunter2}\n',
    "    env_secret:\n      B: hunter2: hunter2\n",
    "    env_secret: {B: *hunter2}\n",
    "    env_secret: {B: !hunter2 x}\n",
  ];
  for (const text of mistakes) {
    const said = wordsAbout(`branches:\n  main:\n${text}`);
    assert.notEqual(said, "", text);
    assert.doesNotMatch(said, /hunter2|42424242/, text);
  }
});

function wordsAbout(yaml: string): string {
  try {
    return problemsOf(yaml).join("\n");
  } catch (error) {
    return String(error);
  }
}

test("limits are given for a branch, a runner and the builds", () => {
  const { limits } = branchOf(`
    limits: {memory: 512M, cpu: 0.5}
    build_limits: {memory: 4G, disk: 10G}
    runners:
      web: {type: NginxBackend, cmd: npm start, limits: {pids: 50, files: 1000}}
      files: {type: NginxStatic}
`);
  assert.deepEqual(limits, {
    app: { memoryBytes: 512 * 1024 ** 2, cpuCores: 0.5 },
    types: { web: { pids: 50, openFiles: 1000 } },
    build: { memoryBytes: 4 * 1024 ** 3, diskBytes: 10 * 1024 ** 3 },
  });
});

test("a limit that is none names the place and what to write", () => {
  const problems = problemsOf("branches:\n  main:\n    limits: {memory: 1M, ram: 2G}\n");
  assert.match(problems.join("\n"), /main\.limits\.memory.*from 16M/s);
  assert.match(problems.join("\n"), /limits\.ram/);
});
