import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** The files of the built console by the path they are served at. */
export type ConsoleFiles = ReadonlyMap<string, ConsoleFile>;

type ConsoleFile = {
  readonly path: string;
  readonly type: string;
  /** Which compressed forms lie beside the file. */
  readonly encodings: readonly Encoding[];
};
type Encoding = "br" | "gzip";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing inline, nothing from elsewhere, in nobody's frame. */
const consoleHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** Lists a built console once; a request can then only name what is in the list. Null when none is built. */
export async function readConsole(directory: string): Promise<ConsoleFiles | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );
  const paths = new Set(
    entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name)),
  );
  const served = [...paths].flatMap((path): [string, ConsoleFile][] => {
    const type = types[extname(path)];
    if (type === undefined) return [];
    const encodings: Encoding[] = [];
    if (paths.has(`${path}.br`)) encodings.push("br");
    if (paths.has(`${path}.gz`)) encodings.push("gzip");
    return [[path.slice(directory.length), { path, type, encodings }]];
  });
  return served.some(([path]) => path === "/index.html") ? new Map(served) : null;
}

/**
 * Serves the console: its files, and its page at every other path that a browser opens, as the
 * console's own addresses are paths. Everything below `/api` stays with the API.
 */
export function addConsole(app: FastifyInstance, files: ConsoleFiles): void {
  const answer = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const asset = files.get(path);
    if (asset && path !== "/index.html") return send(request, reply, asset);
    const page = files.get("/index.html");
    if (!page || !isForPeople(request, path)) return reply.callNotFound();
    return send(request, reply, page);
  };
  app.get("/", answer);
  app.get("/*", answer);
}

/** Whether a path is anybody's to open: the console's files hold nothing of what Berth knows. */
export function isConsolePath(method: string, url: string): boolean {
  const path = url.split("?", 1)[0] ?? "";
  return method === "GET" && !/^\/(?:api|metrics)(?:\/|$)/.test(path);
}

function isForPeople(request: FastifyRequest, path: string): boolean {
  return isConsolePath("GET", path) && (request.headers.accept ?? "").includes("text/html");
}

function send(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile): FastifyReply {
  const accepted = request.headers["accept-encoding"] ?? "";
  const encoding = file.encodings.find((it) => new RegExp(`\\b${it}\\b`).test(accepted));
  const suffix = encoding === undefined ? "" : encoding === "br" ? ".br" : ".gz";
  // Names of assets carry a hash of their content.
  const isLasting = file.path.includes("/assets/");
  void reply
    .headers(consoleHeaders)
    .type(file.type)
    .header("vary", "Accept-Encoding")
    .header("cache-control", isLasting ? "public, max-age=31536000, immutable" : "no-cache");
  if (encoding !== undefined) void reply.header("content-encoding", encoding);
  return reply.send(createReadStream(`${file.path}${suffix}`));
}
