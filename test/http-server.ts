import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createClient, type Client } from "#api/client.ts";
import type { Engine } from "#engine/engine.ts";
import { createTransport } from "#lib/http.ts";
import { createHttpServer } from "#server/http/server.ts";
import { sameToken } from "#server/http/access.ts";
import { createFakeEngine, type FakeEngine } from "./fake-engine.ts";

export const token = "t0ken";

type Started = {
  readonly socket: string;
  readonly engine: FakeEngine;
  readonly client: Client;
  readonly url: string;
  readonly logged: object[];
  readonly get: (path: string) => Promise<JsonAnswer>;
  readonly post: (path: string, body: object, headers?: object) => Promise<JsonAnswer>;
};
type JsonAnswer = { readonly status: number; readonly body: Record<string, unknown> };

export async function startServer(
  t: TestContext,
  overrides: Partial<Engine> = {},
): Promise<Started> {
  const engine = createFakeEngine(overrides);
  const logged: object[] = [];
  const home = await directoryFor(t);
  const server = createHttpServer({
    engine,
    version: "1.2.3",
    tokenOk: (given) => sameToken(given, token),
    log: { error: (fields) => void logged.push(fields) },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const socketPath = join(home, "api.sock");
  await server.listenSocket(socketPath);
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}`;
  const headers = { "x-berth-actor": "ann" };
  const client = createClient(createTransport({ socketPath, headers }), home);
  const send = async (path: string, init: RequestInit, more: object = {}): Promise<JsonAnswer> => {
    const json = init.method ? { "content-type": "application/json" } : {};
    const all = { authorization: `Bearer ${token}`, ...json, ...more };
    const answer = await fetch(url + path, { ...init, headers: all });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    engine,
    client,
    socket: socketPath,
    url,
    logged,
    get: (path) => send(path, {}),
    post: (path, body, more) => send(path, { method: "POST", body: JSON.stringify(body) }, more),
  };
}

export async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "berth-http-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
