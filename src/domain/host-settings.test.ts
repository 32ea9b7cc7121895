import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, linesOf } from "../../test/config-text.ts";
import { HostSettings } from "./host-config.ts";
import { parseHostSettings } from "./host-settings.ts";

function parse(yaml: string) {
  return parseHostSettings(configText(yaml, "berth.yml"));
}

function problemsOf(yaml: string): string {
  return linesOf(parse(yaml).problems).join("\n");
}

test("keys are written in snake case, and what is not said keeps its default", () => {
  const text = "ports: {min: 62000, max: 62010}\nlisten: {api_address: ::1}\nbuild_timeout_s: 5\n";
  const { value, problems } = parse(text);
  assert.deepEqual(problems, []);
  const defaults = HostSettings.parse({});
  assert.deepEqual(value, {
    ...defaults,
    ports: { min: 62_000, max: 62_010 },
    listen: { ...defaults.listen, apiAddress: "::1" },
    buildTimeoutS: 5,
  });
});

test("a section with nothing in it is as good as none", () => {
  assert.deepEqual(parse("ports:\nlisten:\n").value, HostSettings.parse({}));
});

test("keys that only pyPaaS had are warnings, and the rest of the file is in force", () => {
  const { value, problems } = parse("ssl_config: x\nshell: bash\nports: {min: 70, max: 80}\n");
  assert.equal(value?.ports.min, 70);
  assert.deepEqual(
    problems.map(({ severity, line, key }) => `${severity} ${line} ${key}`),
    ["warning 1 ssl_config", "warning 2 shell"],
  );
});

test("another spelling of a key is asked about", () => {
  assert.match(problemsOf("createOnPush: true\n"), /is it create_on_push\?/);
  assert.match(problemsOf("listen: {adress: x}\n"), /^error 1 listen\.adress: .*is it address\?/);
});

test("ports that leave nothing, or meet each other, are refused", () => {
  assert.match(problemsOf("ports: {min: 70, max: 70}\n"), /^error 1 ports\.max: must be larger/);
  assert.match(problemsOf("listen: {api: 42522}\n"), /listen\.ssh: 42522 is used by api too/);
  assert.match(problemsOf("listen: {api: 61500}\n"), /listen\.api: 61500 lies between/);
  assert.deepEqual(parse("listen: {api: 61800}\n").problems, []);
  assert.match(problemsOf("ports: {min: 0, max: 9}\n"), /at least 1/);
});
