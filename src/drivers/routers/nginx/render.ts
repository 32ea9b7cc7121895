import assert from "node:assert/strict";

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
${indent([httpBlock(settings), forwardedMaps(settings), upstreamBlock(), visitorsServer(settings), controlServer(settings)].join("\n\n"))}
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
access_log off;
server_tokens off;
absolute_redirect off;
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
    require("routing-table").load(${luaString(paths.snapshot)})
    route, balance = require("route"), require("balance")
    certificate = require("certificate")
}
init_worker_by_lua_block {
    require("control").start_worker(${luaString(paths.socket)})
}`;
}

/**
 * What the app is told of how the visitor came: each listener's own word, and a trusted proxy's
 * word before that. The terminated listener stands behind TLS always.
 */
function forwardedMaps({ ports, trustedProxies }: NginxSettings): string {
  const listeners = `# The listener's own word.
map $server_port $listener_proto {
    default http;
    ${ports.terminated} https;
    ${ports.tls} https;
}
map $server_port $listener_port {
    ${ports.direct} ${ports.direct};
    ${ports.http} 80;
    ${ports.terminated} 443;
    ${ports.tls} $tls_listener_port;
}
# 443 is redirected to the TLS port; a Host header that names the port came to it directly.
map $http_host $tls_listener_port {
    default 443;
    "~:${ports.tls}$" ${ports.tls};
}
# Where a plain request for a TLS host is sent: 80 and 443 go together, and so do our own ports.
map $server_port $tls_port_suffix {
    default "";
    ${ports.direct} ":${ports.tls}";
}
# Only WebSocket may upgrade: other protocols would take the connection out of the router's sight.
map $http_upgrade $upgrade {
    default "";
    websocket websocket;
}
map $http_upgrade $connection_upgrade {
    default "";
    websocket upgrade;
}`;
  return `${listeners}\n${trustedProxies.length > 0 ? trustingMaps(trustedProxies, ports.terminated) : distrustingMaps()}`;
}

function distrustingMaps(): string {
  return `map "" $forwarded_proto {
    default $listener_proto;
}
map "" $forwarded_port {
    default $listener_port;
}
map "" $forwarded_host {
    default $http_host;
}
map "" $forwarded_for {
    default $remote_addr;
}`;
}

function trustingMaps(trustedProxies: readonly string[], terminatedPort: number): string {
  for (const proxy of trustedProxies) assert.match(proxy, /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/);
  return `geo $trusted_proxy {
    default 0;
${trustedProxies.map((proxy) => `    ${proxy} 1;`).join("\n")}
}
map "$trusted_proxy $server_port $http_x_forwarded_proto" $forwarded_proto {
    default $listener_proto;
    "~^1 (?!${terminatedPort} )\\d+ http$" http;
    "~^1 \\d+ https$" https;
}
map "$trusted_proxy $http_x_forwarded_port" $forwarded_port {
    default $listener_port;
    "~^1 (?<port_of_proxy>\\d{1,5})$" $port_of_proxy;
}
map "$trusted_proxy $http_x_forwarded_host" $forwarded_host {
    default $http_host;
    "~^1 (?<host_of_proxy>[\\w.:\\[\\]-]+)$" $host_of_proxy;
}
map $trusted_proxy $forwarded_for {
    default $remote_addr;
    1 $proxy_add_x_forwarded_for;
}`;
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

const droppedHeaders = [
  "Forwarded",
  "Proxy",
  "X-Real-IP",
  "X-Client-IP",
  "X-Original-Host",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Forwarded",
  "X-Forwarded-By",
  "X-Forwarded-Client-Cert",
  "X-Forwarded-Email",
  "X-Forwarded-Groups",
  "X-Forwarded-Path",
  "X-Forwarded-Prefix",
  "X-Forwarded-Preferred-Username",
  "X-Forwarded-Protocol",
  "X-Forwarded-Scheme",
  "X-Forwarded-Server",
  "X-Forwarded-Ssl",
  "X-Forwarded-Uri",
  "X-Forwarded-User",
];

function visitorsServer(settings: NginxSettings): string {
  return `server {
${indent([listenLines(settings), tlsLines(settings), proxyLines(), shortWay(), longWay()].join("\n\n"))}
}`;
}

function listenLines({ address, ipv6, ports }: NginxSettings): string {
  assert.match(address, /^(?:\*|[0-9a-fA-F.:]+)$/);
  const addresses = address === "*" ? (ipv6 ? ["*", "[::]"] : ["*"]) : [bracketed(address)];
  const listeners = [
    [ports.direct, ""],
    [ports.http, ""],
    [ports.terminated, ""],
    [ports.tls, " ssl http2"],
  ] as const;
  return listeners
    .flatMap(([port, rest]) => addresses.map((it) => `listen ${it}:${port}${rest} backlog=4096;`))
    .join("\n");
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

function proxyLines(): string {
  const dropped = droppedHeaders.map((name) => `proxy_set_header ${name} "";`).join("\n");
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
proxy_set_header Host $http_host;
proxy_set_header Connection $connection_upgrade;
proxy_set_header Upgrade $upgrade;
proxy_set_header X-Forwarded-For $forwarded_for;
proxy_set_header X-Forwarded-Host $forwarded_host;
proxy_set_header X-Forwarded-Port $forwarded_port;
proxy_set_header X-Forwarded-Proto $forwarded_proto;
proxy_set_header X-Request-Id $request_id;
${dropped}
proxy_hide_header X-Request-Id;
add_header X-Request-Id $request_id always;
log_by_lua_block { balance.settle() }`;
}

/** One cheap Lua call for what is merely passed on; status 418 never leaves the server. */
function shortWay(): string {
  return `error_page 418 = @route;
error_page 500 502 504 = @unreachable;
recursive_error_pages on;
if ($upgrade) {
    return 418;
}
set_by_lua_block $pool { return route.pool() }
if ($pool = "") {
    return 418;
}
location / {
    proxy_pass http://apps;
}`;
}

function longWay(): string {
  return `location @route {
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
}
location @static {
    root $static_root;
    disable_symlinks on from=$static_root;
    charset utf-8;
    charset_types text/css text/csv text/javascript text/markdown text/plain text/vtt text/xml application/json application/manifest+json;
    error_page 403 404 = @no_file;
    header_filter_by_lua_block { route.fix_directory_redirect() }
}
location @no_file {
    content_by_lua_block { require("page").no_file() }
}
location @unreachable {
    content_by_lua_block { route.unreachable() }
}`;
}

function controlServer({ paths }: NginxSettings): string {
  return `server {
    listen ${quoted(`unix:${paths.socket}`)};
    client_body_buffer_size 64k;
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
