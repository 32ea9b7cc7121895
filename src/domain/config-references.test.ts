import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, linesOf } from "../../test/config-text.ts";
import { resolveReferences } from "./config-references.ts";
import { parseDomainConfig } from "./domain-config.ts";
import { parseRepoConfig } from "./repo-config.ts";

const repo = `branches:
  main:
    runners: {node: {type: NginxBackend, cmd: x}, jobs: {type: SimpleProcess, cmd: x}}
  dev:
`;
const apps = new Map([
  [
    "shop",
    { file: "repo/shop.yml", branches: parseRepoConfig(configText(repo)).value ?? new Map() },
  ],
]);

function resolve(locations: string) {
  const text = configText(`locations:\n${locations}`, "domains/a.com.yml");
  const { value } = parseDomainConfig("a.com", text);
  assert.ok(value);
  return resolveReferences(apps, new Map([["a.com", value]]));
}

test("a wrong reference takes out its location alone, with the line and the fix", () => {
  const { domains, problems } = resolve(`
  /: {upstream: {repo: shop, branch: main, runner: node}}
  /a: {upstream: {repo: shopp, branch: main, runner: node}}
  /b: {upstream: {repo: shop, branch: mian, runner: node}}
  /c:
    upstream:
      repo: shop
      branch: main
      runner: nod
  /d: {upstream: {repo: shop, branch: main, runner: jobs}}
  /e: {upstream: {repo: shop, branch: main, runner: constructor}}
`);
  const paths = domains.get("a.com")?.config.locations.map(({ path }) => path);
  assert.deepEqual(paths, ["/", "/a"]);
  assert.deepEqual(linesOf(problems), [
    "warning 4 locations./a.upstream.repo: no app is named shopp; write `shop`, or add the file repo/shopp.yml, or make the app with berth apps:create shopp",
    "error 5 locations./b.upstream.branch: shop has no branch mian; write `main`, or add it to repo/shop.yml",
    "error 10 locations./c.upstream.runner: branch main of shop has no runner nod; write `node`, or add it to repo/shop.yml",
    "error 11 locations./d.upstream.runner: jobs is a SimpleProcess, which answers no visitors; name another runner, or make it a NginxBackend in repo/shop.yml",
    "error 12 locations./e.upstream.runner: branch main of shop has no runner constructor; add it to repo/shop.yml",
  ]);
});

test("an app that no file describes may be made by a command, so its location stays", () => {
  const { domains, problems } = resolve("  /: {upstream: {repo: x, branch: main, runner: y}}\n");
  assert.equal(domains.get("a.com")?.config.locations[0]?.upstream.app, "x");
  assert.deepEqual(
    problems.map(({ severity, unlessApp }) => [severity, unlessApp]),
    [["warning", "x"]],
  );
});

test("a domain without any location left is left out", () => {
  const { domains, problems } = resolve("  /: {upstream: {repo: shop, branch: x, runner: y}}\n");
  assert.equal(domains.size, 0);
  assert.equal(problems.length, 1);
});

test("a wrong maintenance upstream takes out no more than itself", () => {
  const { domains, problems } = resolve(`
  /:
    upstream: {repo: shop, branch: main, runner: node}
    maintenance_upstream: {repo: shop, branch: sorry, runner: node}
`);
  assert.equal(domains.get("a.com")?.config.locations[0]?.maintenance, null);
  assert.match(linesOf(problems).join(), /^error 5 locations\.\/\.maintenance_upstream\.branch/);
});

test("process types that the pushed code decides cannot be checked", () => {
  const { problems } = resolve("  /: {upstream: {repo: shop, branch: dev, runner: any}}\n");
  assert.deepEqual(problems, []);
});
