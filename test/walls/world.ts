import assert from "node:assert/strict";
import { startPlatform } from "../platform.ts";

/** Does what it is asked for: connects, allocates, forks, starts programs, listens on another port. */
const probe = `
const { connect, createServer } = require("node:net");
const { execFile, spawn } = process.getBuiltinModule("child" + "_process");
const held = [];
const acts = {
  connect: ({ host, port }, done) => {
    const socket = connect({ host, port: Number(port), timeout: 4000 });
    socket.once("connect", () => { done("connected"); socket.destroy(); });
    socket.once("timeout", () => { done("timed out"); socket.destroy(); });
    socket.once("error", () => done("refused"));
  },
  listen: ({ port }, done) => createServer((it) => it.end()).listen(Number(port), "127.0.0.1", () => done("listening")),
  run: ({ argv }, done) => execFile("sh", ["-c", argv], (error, out, err) => done(String(error?.code ?? 0) + "\\n" + out + err)),
  fork: ({ count }, done) => {
    let failed = 0;
    for (let index = 0; index < Number(count); index += 1) {
      try { spawn("sleep", ["5"]).on("error", () => { failed += 1; }); } catch { failed += 1; }
    }
    setTimeout(() => done(String(failed)), 500);
  },
  allocate: (_, done) => { done("well"); setImmediate(() => { for (;;) held.push(Buffer.alloc(1 << 20, 1)); }); },
};
require("node:http").createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  const act = acts[url.pathname.slice(1)];
  if (!act) return response.end("up");
  act(Object.fromEntries(url.searchParams), (text) => response.end(text));
}).listen(process.env.PORT, "127.0.0.1");
`;
export const files = { "server.js": probe, Procfile: "web: node server.js\n" };

/** Two apps that do what they are asked, each behind its walls. */
export type World = Awaited<ReturnType<typeof startWorld>>;

export async function startWorld() {
  const platform = await startPlatform();
  for (const name of ["shop", "rival"]) {
    await platform.berth("apps:create", name);
    const pushed = await platform.push(await platform.tree(files), name);
    assert.equal(pushed.code, 0, pushed.stderr);
  }

  async function ask(app: string, path: string): Promise<string> {
    const { status, body } = await platform.visit(`${app}.localhost`, path);
    return status === 200 ? body : String(status);
  }

  /** The exit code and the output of a command line that an app runs. */
  function run(app: string, argv: string): Promise<string> {
    return ask(app, `/run?argv=${encodeURIComponent(argv)}`);
  }
  return { platform, ask, run, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
}
