import assert from "node:assert/strict";
import { forwardedMaps, headerLines, listenersOf, websocket, type Listener } from "./headers.ts";

/** All that nginx's configuration depends on. It does not grow with the number of apps. */
export type NginxSettings = {
  /** `*` for every address of the machine. */
  readonly address: string;
  /** Off on a machine whose kernel has no IPv6: nginx would not start there. */
  readonly ipv6: boolean;
  readonly ports: {
    readonly direct: number;
    readonly http: number;
    readonly terminated: number;
    readonly tls: number;
  };
  /** Addresses or networks whose X-Forwarded-* headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Null for one for each core. */
  readonly workers: number | null;
  /** Absolute; pid file and temporary files go to `runDir`. */
  readonly paths: {
    readonly runDir: string;
    readonly luaDir: string;
    readonly socket: string;
    readonly snapshot: string;
    /** One line for each answered request. */
    readonly requestLog: string;
    /** Every static root is below this folder, and below it no symbolic link is followed. */
    readonly sites: string;
    /** The pair for names that have no certificate of their own. */
    readonly certificate: string;
    readonly key: string;
  };
};

const modulesDir = "/usr/lib/nginx/modules";

/** Renders the whole of nginx.conf. */
export function renderNginx(settings: NginxSettings): string {
  return `# Written by Berth at its start; changes here are lost.
${processBlock(settings)}
http {
${indent([httpBlock(settings), forwardedMaps(settings), upstreamBlock(), ...visitorsServers(settings), controlServer(settings)].join("\n\n"))}
}
`;
}

function processBlock({ workers, paths }: NginxSettings): string {
  return `load_module ${modulesDir}/ndk_http_module.so;
load_module ${modulesDir}/ngx_http_lua_module.so;
daemon off;
worker_processes ${workers ?? "auto"};
worker_rlimit_nofile 20000;
worker_shutdown_timeout 30s;
pid ${quoted(`${paths.runDir}/nginx.pid`)};
lock_file ${quoted(`${paths.runDir}/nginx.lock`)};
error_log stderr warn;
events {
    worker_connections 8192;
}`;
}

function httpBlock({ paths }: NginxSettings): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${quoted(`${paths.runDir}/nginx-${kind}`)};`)
    .join("\n");
  return `include ${quoted(`${paths.luaDir}/mime.types`)};
default_type application/octet-stream;
${temporary}
${requestLog(paths.requestLog)}
# A request that is passed on takes more than the usual 4k.
request_pool_size 8k;
server_tokens off;
absolute_redirect off;
uninitialized_variable_warn off;
sendfile on;
tcp_nopush on;
client_header_timeout 15s;
client_max_body_size 0;
keepalive_requests 100000;
large_client_header_buffers 4 16k;

lua_package_path ${quoted(`${paths.luaDir}/?.lua;;`)};
lua_shared_dict berth_routes 64m;
lua_shared_dict berth_state 1m;
lua_malloc_trim 100000;
init_by_lua_block {
    require("control").remove_stale_socket(${luaString(paths.socket)}, ${luaString(`${paths.runDir}/nginx.pid`)})
    require("entries").load(${luaString(paths.snapshot)})
    route, balance, answer = require("route"), require("balance"), require("answer")
    certificate = require("certificate")
}
init_worker_by_lua_block {
    require("control").start_worker()
    require("request-log").keep_small(${luaString(paths.requestLog)})
}`;
}

/** Fields stand between tabs; what a visitor sent is escaped, so that it can hold none. */
function requestLog(path: string): string {
  const fields = [
    "$msec",
    "$id",
    "$request_method",
    "$http_host",
    "$request_uri",
    "$status",
    "$bytes_sent",
    "$request_time",
    "$upstream_addr",
    "$remote_addr",
  ];
  return `log_format requests escape=json ${fields.map((it) => `"${it}"`).join(String.raw` "\t" `)};
access_log ${quoted(path)} requests buffer=64k flush=1s;`;
}

/** The servers are placeholders: their number is how many instances one request may try. */
function upstreamBlock(): string {
  return `upstream apps {
    server 0.0.0.1;
    server 0.0.0.2;
    server 0.0.0.3;
    balancer_by_lua_block { balance.pick() }
    keepalive 256;
    keepalive_requests 100000;
    # Shorter than the patience of common app servers (gunicorn 2 s, Node 5 s), so that a POST
    # never meets a connection that the app is just closing.
    keepalive_timeout 1500ms;
}`;
}

/** A server for each listener: what it tells the app stands there, so no request has it looked up. */
function visitorsServers(settings: NginxSettings): string[] {
  return listenersOf(settings).map((listener) => {
    const tls = listener.isTls ? [tlsLines(settings)] : [];
    const lines = [
      listenLines(settings, listener),
      ...tls,
      proxyLines(settings, listener),
      shortWay(),
      longWay(settings, listener),
    ];
    return `server {\n${indent(lines.join("\n\n"))}\n}`;
  });
}

function listenLines({ address, ipv6 }: NginxSettings, { port, isTls }: Listener): string {
  assert.match(address, /^(?:\*|[0-9a-fA-F.:]+)$/);
  const addresses = address === "*" ? (ipv6 ? ["*", "[::]"] : ["*"]) : [bracketed(address)];
  const rest = isTls ? " ssl http2" : "";
  return addresses.map((it) => `listen ${it}:${port}${rest} backlog=4096;`).join("\n");
}

function tlsLines({ paths }: NginxSettings): string {
  return `ssl_certificate ${quoted(paths.certificate)};
ssl_certificate_key ${quoted(paths.key)};
ssl_certificate_by_lua_block { certificate.choose() }
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
ssl_prefer_server_ciphers off;
ssl_session_cache shared:berth_tls:8m;
ssl_session_timeout 1d;
ssl_session_tickets off;`;
}

function proxyLines(settings: NginxSettings, listener: Listener): string {
  return `proxy_http_version 1.1;
proxy_buffering off;
proxy_buffer_size 16k;
proxy_buffers 8 16k;
proxy_request_buffering off;
proxy_redirect off;
proxy_connect_timeout 10s;
proxy_send_timeout 60s;
proxy_read_timeout 60s;
proxy_next_upstream error timeout;
proxy_next_upstream_timeout 15s;
# An app must not be able to name internal locations or change how the router behaves.
proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
${headerLines(settings.trustedProxies, listener)}
proxy_hide_header X-Request-Id;
add_header X-Request-Id $id always;
header_filter_by_lua_block { answer.look() }
log_by_lua_block { balance.settle() }`;
}

/** One cheap Lua call for what is merely passed on; status 418 never leaves the server. */
function shortWay(): string {
  return `error_page 418 = @route;
error_page 500 502 504 = @unreachable;
recursive_error_pages on;
if ($http_upgrade) {
    return 418;
}
set_by_lua_block $is_long { return route.choose() }
if ($is_long) {
    return 418;
}
location / {
    proxy_pass http://apps;
}`;
}

function longWay({ trustedProxies, paths }: NginxSettings, listener: Listener): string {
  return `location @route {
    set $id $request_id;
    set $pool "";
    set $target "";
    set $static_root "";
    set $static_prefix "";
    rewrite_by_lua_block { route.route() }
}
location @app {
    proxy_pass http://apps$target;
}
location @websocket {
    proxy_pass http://apps$target;
    proxy_send_timeout 1h;
    proxy_read_timeout 1h;
${indent(headerLines(trustedProxies, listener, websocket))}
}
location @static {
    root $static_root;
    disable_symlinks on from=${quoted(paths.sites)};
    charset utf-8;
    charset_types text/css text/csv text/javascript text/markdown text/plain text/vtt text/xml application/json application/manifest+json;
    error_page 403 404 = @no_file;
    header_filter_by_lua_block { route.fix_directory_redirect() }
}
location @no_file {
    content_by_lua_block { require("page").no_file() }
}
location @unreachable {
    content_by_lua_block { require("page").unreachable() }
}`;
}

function controlServer({ paths }: NginxSettings): string {
  return `server {
    listen ${quoted(`unix:${paths.socket}`)};
    client_body_buffer_size 64k;
    access_log off;
    location / {
        content_by_lua_block { require("control").serve() }
    }
}`;
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** A path as one nginx parameter. Refuses what nginx would read as more than text. */
function quoted(path: string): string {
  assert.match(path, /^[\x20-\x7e]+$/, `nginx cannot take the path ${JSON.stringify(path)}`);
  assert.doesNotMatch(path, /["\\${}]/, `nginx cannot take the path ${JSON.stringify(path)}`);
  return `"${path}"`;
}

/** A path as a Lua string; the characters that could end one are refused by `quoted`. */
const luaString = quoted;

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "    ");
}
