import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, linesOf } from "../../test/config-text.ts";
import { parseDomainConfig } from "./domain-config.ts";

const node = "{upstream: {repo: shop, branch: main, runner: node}}";

function parse(yaml: string) {
  return parseDomainConfig("example.com", configText(yaml, "domains/example.com.yml"));
}

function problemsOf(yaml: string): string {
  return linesOf(parse(yaml).problems).join("\n");
}

test("a domain has its locations, and no TLS unless it is asked for", () => {
  const { value } = parse(`locations: {"/": ${node}, "/files/": ${node}}`);
  const upstream = { app: "shop", branch: "main", processType: "node" };
  assert.deepEqual(value?.config, {
    locations: [
      { path: "/", upstream, maintenance: null },
      { path: "/files", upstream, maintenance: null },
    ],
    ssl: false,
    certificate: null,
    key: null,
  });
});

test("with TLS the certificate lies where pyPaaS expects it, or where the file says", () => {
  const { value } = parse(`ssl: yes\nssl_certificate_key: /k.pem\nlocations: {"/": ${node}}`);
  assert.equal(value?.config.certificate, "/etc/ssl/private/httpd/example.com/example.com.crt");
  assert.equal(value?.config.key, "/k.pem");
});

test("a maintenance upstream is taken", () => {
  const upstream = "{repo: shop, branch: main, runner: sorry}";
  const { value } = parse(
    `locations: {"/": ${node.slice(0, -1)}, maintenance_upstream: ${upstream}}}`,
  );
  assert.equal(value?.config.locations[0]?.maintenance?.processType, "sorry");
});

test("regular expressions and modifiers are refused with what to write", () => {
  assert.match(problemsOf(`locations: {'~ \\.php$': ${node}}`), /regular expression.*`"\/api":`/);
  assert.match(problemsOf(`locations: {"= /x": ${node}}`), /write `"\/x":`/);
  assert.match(problemsOf(`locations: {"^~ /x/": ${node}}`), /write `"\/x\/":`/);
  assert.match(problemsOf(`locations: {x: ${node}}`), /starts with \//);
  assert.match(problemsOf(`locations: {"/a/../b": ${node}}`), /is no path/);
});

test("two spellings of one path are refused", () => {
  const found = problemsOf(`locations:\n  /a: ${node}\n  /a/: ${node}\n`);
  assert.match(found, /^error 3 locations\.\/a\/: is the same as \/a;/);
});

test("keys of nginx are checked, and what Berth does not need is a warning", () => {
  const rest = `ssl_config: ssl_protocols TLSv1.3;\nssl_certificate_chain: /c.pem\nlocations: {"/": ${node}}`;
  const { value, problems } = parse(rest);
  assert.ok(value);
  assert.deepEqual(
    problems.map(({ severity }) => severity),
    ["warning", "warning"],
  );
  assert.equal(parse(`nginx_http_extra_config: deny all;\n${rest}`).value, null);
});

test("relative files, missing parts and unknown keys are refused", () => {
  assert.match(
    problemsOf(`ssl_certificate: a.pem\nlocations: {"/": ${node}}`),
    /write an absolute/,
  );
  assert.match(problemsOf("ssl: true\n"), /locations: is missing/);
  assert.match(problemsOf("locations: {}\n"), /names no location/);
  assert.match(problemsOf("locations:\n  /:\n"), /upstream: is missing; write `upstream: \{ repo/);
  assert.match(problemsOf(`sll: true\nlocations: {"/": ${node}}`), /is it ssl\?/);
});
