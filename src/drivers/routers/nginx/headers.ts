import assert from "node:assert/strict";
import type { NginxSettings } from "./render.ts";

/** What a request asks to become; nothing for an ordinary one. */
export type Upgrade = { readonly connection: string; readonly upgrade: string };

export const websocket: Upgrade = { connection: "upgrade", upgrade: "websocket" };

const ordinary: Upgrade = { connection: "", upgrade: "" };

/** Where visitors arrive, and what the app is told of it. */
export type Listener = {
  readonly port: number;
  readonly isTls: boolean;
  readonly proto: "http" | "https";
  /** As nginx writes it: a number or a variable. */
  readonly portTold: string;
};

/** The terminated listener stands behind TLS always. */
export function listenersOf({ ports }: NginxSettings): readonly Listener[] {
  const { direct, http, terminated, tls } = ports;
  return [
    { port: direct, isTls: false, proto: "http", portTold: String(direct) },
    { port: http, isTls: false, proto: "http", portTold: "80" },
    { port: terminated, isTls: false, proto: "https", portTold: "443" },
    { port: tls, isTls: true, proto: "https", portTold: "$tls_listener_port" },
  ];
}

/** Headers that apps and their frameworks believe when a visitor sends them. */
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

/** The request headers that the app gets from the router; an empty one is not sent at all. */
export function headerLines(
  trustedProxies: readonly string[],
  { proto, portTold }: Listener,
  { connection, upgrade }: Upgrade = ordinary,
): string {
  // Without trusted proxies nothing has to be weighed, which each request would pay for.
  const isTrusting = trustedProxies.length > 0;
  const headers = {
    Host: "$http_host",
    Connection: `"${connection}"`,
    Upgrade: `"${upgrade}"`,
    "X-Forwarded-For": isTrusting ? "$forwarded_for" : "$remote_addr",
    "X-Forwarded-Host": isTrusting ? "$forwarded_host" : "$http_host",
    "X-Forwarded-Port": isTrusting ? "$forwarded_port" : portTold,
    "X-Forwarded-Proto": isTrusting ? "$forwarded_proto" : proto,
    "X-Request-Id": "$id",
    ...Object.fromEntries(droppedHeaders.map((name) => [name, '""'])),
  };
  return Object.entries(headers)
    .map(([name, value]) => `proxy_set_header ${name} ${value};`)
    .join("\n");
}

/** How the visitor came: each listener's own word, and a trusted proxy's word before that. */
export function forwardedMaps(settings: NginxSettings): string {
  const { ports, trustedProxies } = settings;
  const isTrusting = trustedProxies.length > 0;
  const listeners = `# The listener's own word.
map $server_port $${isTrusting ? "listener" : "forwarded"}_proto {
${listenersOf(settings)
  .map(({ port, proto }) => `    ${port} ${proto};`)
  .join("\n")}
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
}`;
  return isTrusting ? `${listeners}\n${trustingMaps(settings)}` : listeners;
}

function trustingMaps(settings: NginxSettings): string {
  const { trustedProxies, ports } = settings;
  for (const proxy of trustedProxies) assert.match(proxy, /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/);
  return `map $server_port $listener_port {
${listenersOf(settings)
  .map(({ port, portTold }) => `    ${port} ${portTold};`)
  .join("\n")}
}
geo $trusted_proxy {
    default 0;
${trustedProxies.map((proxy) => `    ${proxy} 1;`).join("\n")}
}
map "$trusted_proxy $server_port $http_x_forwarded_proto" $forwarded_proto {
    default $listener_proto;
    "~^1 (?!${ports.terminated} )\\d+ http$" http;
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
