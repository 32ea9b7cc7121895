import assert from "node:assert/strict";
import { test } from "node:test";
import { configText, linesOf } from "../../test/config-text.ts";
import { checkListenOptions, checkSnippet } from "./nginx-snippet.ts";

function check(snippet: string): string[] {
  const rows = snippet.split("\n").map((row) => `  ${row}\n`);
  return linesOf(checkSnippet(configText(`x: |\n${rows.join("")}`), ["x"]));
}

test("a known directive is a warning that says what Berth does", () => {
  assert.deepEqual(check("# mine\n\nclient_max_body_size 50m;"), [
    'warning 4 x: "client_max_body_size" is not used; remove it: the router has one value for all apps',
  ]);
});

test("a header that Berth sets is known, another is not", () => {
  assert.match(check("proxy_set_header Host $host;")[0] ?? "", /^warning/);
  assert.match(check('proxy_set_header X-Admin "yes; no";')[0] ?? "", /^error/);
});

test("what would protect or change something is refused with its line and another way", () => {
  assert.deepEqual(check("gzip on;\ndeny all; add_header X 'a;b';").slice(1), [
    'error 3 x: Berth does not take "deny"; check the address in the app, from X-Forwarded-For',
    'error 3 x: Berth does not take "add_header"; send this header from the app',
  ]);
});

test("a misspelt directive is asked about", () => {
  assert.match(check("proxy_read_timout 5s;")[0] ?? "", /write proxy_read_timeout/);
});

test("blocks, open quotes and a missing semicolon are refused", () => {
  assert.match(check("location /x { root /etc; }").join(), /does not take "location"/);
  assert.match(check("gzip 'on").join(), /error .* is not nginx configuration/);
  assert.match(check("gzip on").join(), /error .* is not nginx configuration/);
  assert.match(check("}; gzip on;").join("\n"), /gzip/);
});

test("listen options that do no harm are warnings, others are errors", () => {
  const text = configText('x: "http2 ipv6only=on proxy_protocol"');
  const severities = checkListenOptions(text, ["x"]).map(({ severity }) => severity);
  assert.deepEqual(severities, ["warning", "warning", "error"]);
});
