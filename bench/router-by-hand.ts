import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ended, start } from "#lib/exec.ts";
import { nobody } from "../test/nginx.ts";

/** An nginx with a configuration that has nothing of Berth; `pid` is its master's. */
export type Plain = AsyncDisposable & { readonly pid: number };

/** Starts one. */
export async function startPlain(dir: string, name: string, text: string): Promise<Plain> {
  const conf = join(dir, `${name}.conf`);
  await writeFile(conf, text);
  const child = start(["nginx", "-c", conf], { ...nobody, stdio: ["ignore", "ignore", "inherit"] });
  const end = ended(child);
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await end;
    },
  };
}

function plainNginx(dir: string, name: string, http: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${dir}/${name}-${kind};`)
    .join("\n");
  return `daemon off;
worker_processes 1;
pid ${dir}/${name}.pid;
error_log stderr warn;
events { worker_connections 2048; }
http {
keepalive_requests 100000;
${temporary}
${http}
}
`;
}

/** An app that costs next to nothing, so that the router is what is measured. */
export function appOf(dir: string, port: number): string {
  return plainNginx(
    dir,
    "app",
    `access_log off;
server { listen 127.0.0.1:${port}; return 200 "hello\\n"; }`,
  );
}

/**
 * What a careful person writes for one app: same headers, same way of passing bodies on, and
 * nginx's usual access log, as Berth logs each request too.
 */
export function referenceOf(
  dir: string,
  { appPort, port }: { appPort: number; port: number },
): string {
  return plainNginx(
    dir,
    "reference",
    `access_log ${dir}/reference-access.log combined buffer=64k flush=1s;
map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
upstream app { server 127.0.0.1:${appPort}; keepalive 256; keepalive_requests 100000; }
server {
    listen ${port} backlog=4096;
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;
    proxy_request_buffering off;
    proxy_redirect off;
    proxy_set_header Host $http_host;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $server_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Request-Id $request_id;
    add_header X-Request-Id $request_id always;
    location / { proxy_pass http://app; }
}`,
  );
}
