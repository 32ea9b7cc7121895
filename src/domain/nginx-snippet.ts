import { closest } from "./closest.ts";
import type { ConfigProblem } from "./host-config.ts";
import { type ConfigPath, type ConfigText, errorAt, keyOf } from "./config-text.ts";
import { shown } from "./config-wording.ts";
import { valueAt } from "./config-schema.ts";

const header = "Berth sets the headers of a proxied request by itself";
const websocket = "Berth speaks HTTP/1.1 to the app and passes upgrades through by itself";
const shared = "the router has one value for all apps";
const tls = "Berth's own TLS settings are in force";

/**
 * nginx directives that may stay in a file although Berth writes no nginx configuration for a
 * domain: none is passed on, and leaving one out opens nothing to visitors that it closed. The
 * text says what Berth does instead.
 */
export const knownDirectives: ReadonlyMap<string, string> = new Map([
  ["proxy_set_header host", header],
  ["proxy_set_header x-forwarded-for", header],
  ["proxy_set_header x-forwarded-proto", header],
  ["proxy_set_header x-forwarded-host", header],
  ["proxy_set_header x-forwarded-port", header],
  ["proxy_set_header x-real-ip", "the visitor's address is in X-Forwarded-For"],
  ["proxy_set_header upgrade", websocket],
  ["proxy_set_header connection", websocket],
  ["proxy_http_version", websocket],
  ["proxy_redirect", "Berth passes the app's redirects on as they are"],
  ["keepalive", "Berth keeps connections to instances by itself"],
  ...each(shared, [
    "client_body_buffer_size client_body_timeout client_max_body_size keepalive_timeout",
    "proxy_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size",
    "proxy_connect_timeout proxy_read_timeout proxy_request_buffering proxy_send_timeout",
    "send_timeout gzip gzip_comp_level gzip_min_length gzip_proxied gzip_types gzip_vary",
    "server_tokens access_log error_log log_not_found",
  ]),
  ...each(tls, [
    "ssl_ciphers ssl_dhparam ssl_ecdh_curve ssl_prefer_server_ciphers ssl_protocols",
    "ssl_session_cache ssl_session_tickets ssl_session_timeout",
    "ssl_stapling ssl_stapling_verify resolver resolver_timeout",
  ]),
]);

const alternatives: ReadonlyMap<string, string> = new Map([
  ["add_header", "send this header from the app"],
  ["more_set_headers", "send this header from the app"],
  ["expires", "send Cache-Control from the app"],
  ["return", "answer with the redirect from the app"],
  ["rewrite", "let the app handle this path"],
  ["try_files", "let the app handle this path"],
  ["auth_basic", "ask for the password in the app"],
  ["auth_basic_user_file", "ask for the password in the app"],
  ["allow", "check the address in the app, from X-Forwarded-For"],
  ["deny", "check the address in the app, from X-Forwarded-For"],
  ["proxy_pass", "name the upstream: repo, branch and runner"],
  ["proxy_set_header", "let the app work from the X-Forwarded headers"],
  ["location", "add the path under locations"],
  ["server_name", "add a file for that domain under domains"],
  ["listen", "set the ports under listen in berth.yml"],
  ["ip_hash", "keep sessions outside of the instance, or run one instance"],
  ["ssl_certificate", "use the key ssl_certificate of the domain"],
  ["ssl_certificate_key", "use the key ssl_certificate_key of the domain"],
]);

type Directive = { readonly name: string; readonly args: string[]; readonly line: number };

/** Checks text meant for nginx: Berth never passes it on, so it says what becomes of each line. */
export function checkSnippet(text: ConfigText, path: ConfigPath): ConfigProblem[] {
  const snippet = valueAt(text.value, path);
  if (typeof snippet !== "string") return [];
  const firstLine = text.at(path)?.contentLine ?? 1;
  const { directives, broken } = parseDirectives(snippet);
  const problems = directives.map((directive): ConfigProblem => {
    const note = knownDirectives.get(wordOf(directive)) ?? knownDirectives.get(directive.name);
    const place = { file: text.file, line: firstLine + directive.line, key: keyOf(path) };
    const name = shown(directive.name);
    return note === undefined
      ? {
          severity: "error",
          ...place,
          problem: `Berth does not take ${name}`,
          fix: fixOf(directive),
        }
      : {
          severity: "warning",
          ...place,
          problem: `${name} is not used`,
          fix: `remove it: ${note}`,
        };
  });
  if (!broken) return problems;
  const words = {
    problem: "is not nginx configuration",
    fix: "end each directive with a semicolon",
  };
  return [...problems, errorAt(text, path, words)];
}

/** Checks words meant for nginx's `listen` lines. */
export function checkListenOptions(text: ConfigText, path: ConfigPath): ConfigProblem[] {
  const options = valueAt(text.value, path);
  const words = typeof options === "string" ? (options.match(/\S+/g) ?? []) : [];
  const harmless = /^(?:http2|spdy|ssl|deferred|reuseport|backlog=\d+|ipv6only=(?:on|off))$/;
  return words.map((word): ConfigProblem => {
    const place = { file: text.file, line: text.at(path)?.line ?? 1, key: keyOf(path) };
    return harmless.test(word)
      ? {
          severity: "warning",
          ...place,
          problem: `${shown(word)} is not used`,
          fix: "remove it: the router listens the same way for all",
        }
      : {
          severity: "error",
          ...place,
          problem: `Berth does not take ${shown(word)}`,
          fix: "remove it; set addresses and ports under listen in berth.yml",
        };
  });
}

function fixOf(directive: Directive): string {
  const meant = closest(directive.name, [...knownDirectives.keys()]);
  const otherwise = meant
    ? `write ${meant}, or remove the line`
    : "remove it, and do this in the app";
  return alternatives.get(directive.name) ?? otherwise;
}

function wordOf({ name, args }: Directive): string {
  return `${name} ${args[0] ?? ""}`.toLowerCase();
}

/** Lines count from 0. A block counts as a directive that nobody knows, by the word before `{`. */
function parseDirectives(snippet: string): { directives: Directive[]; broken: boolean } {
  const token =
    /(?<skipped>\s+|#[^\n]*)|(?<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s{};"'#][^\s{};]*)|(?<end>[{};])/gsy;
  const directives: Directive[] = [];
  let words: { text: string; line: number }[] = [];
  let line = 0;
  while (token.lastIndex < snippet.length) {
    const { groups, 0: text = "" } = token.exec(snippet) ?? {};
    if (!groups) return { directives, broken: true };
    if (groups["word"] !== undefined) words.push({ text, line });
    if (groups["end"] !== undefined) {
      const [first, ...rest] = words;
      if (first)
        directives.push({ name: first.text, args: rest.map((it) => it.text), line: first.line });
      if (text === "{") return { directives, broken: true };
      words = [];
    }
    line += text.split("\n").length - 1;
  }
  return { directives, broken: words.length > 0 };
}

function each(note: string, rows: readonly string[]): [string, string][] {
  return rows.flatMap((row) => row.split(" ")).map((name) => [name, note]);
}
