import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { openApiDocument } from "#api/openapi.ts";
import { operations } from "#api/operations.ts";
import { createHttpServer } from "#server/http/server.ts";
import { createFakeEngine } from "./fake-engine.ts";

const golden = join(import.meta.dirname, "golden/openapi.json");
const documented = openApiDocument("0.0.0") as Document;

type Described = {
  readonly operationId: string;
  readonly parameters: { name: string; in: string }[];
};
type Document = Record<string, unknown> & {
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { readonly schemas: Record<string, unknown> };
};

test("the OpenAPI document is what it was; BERTH_GOLDEN=write brings it up to date", async () => {
  const text = `${JSON.stringify(documented, null, 2)}\n`;
  if (process.env["BERTH_GOLDEN"] === "write") await writeFile(golden, text);
  assert.equal(await readFile(golden, "utf8"), text);
});

test("an independent validator finds nothing wrong with it", async () => {
  const result = await new Validator().validate(structuredClone(documented));
  assert.deepEqual(result.errors ?? [], []);
  assert.ok(result.valid);
});

test("it describes every operation that a client may call, and each parameter of its path", () => {
  const described = Object.entries(documented.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((it) => ({ ...it, path })),
  );
  const offered = operations.filter(({ localOnly }) => !localOnly).map(({ id }) => id);
  assert.deepEqual(described.map(({ operationId }) => operationId).toSorted(), offered.toSorted());
  for (const { path, parameters } of described) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const given = parameters.filter((it) => it.in === "path").map(({ name }) => name);
    assert.deepEqual(new Set(given), new Set(named), path);
  }
});

test("every reference in it leads somewhere", () => {
  const references = [
    ...JSON.stringify(documented).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g),
  ];
  assert.ok(references.length > 50);
  for (const [, name = ""] of references) assert.ok(name in documented.components.schemas, name);
});

test("what the server answers fits what the document says", async (t) => {
  const engine = createFakeEngine();
  const server = createHttpServer({
    engine,
    version: "1.2.3",
    tokenOk: () => true,
    log: { error: () => {} },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}`;
  const headers = { authorization: "Bearer token" };
  const check = checkerOf(documented);
  const named: Readonly<Record<string, string>> = {
    app: "shop",
    target: "shop",
    job: "12",
    release: "5",
  };
  let checked = 0;
  for (const [path, methods] of Object.entries(documented.paths)) {
    const { get } = methods;
    const isStream = JSON.stringify(get ?? {}).includes("text/event-stream");
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    if (!get || isStream || names.some((name) => !(name in named))) continue;
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? "");
    const answer = await fetch(`${url}/api/v1${filled}`, { headers });
    // What the fake engine does not play is refused in order: that fits its schema, too.
    const body: unknown = await answer.json();
    const schema = answer.ok ? `${get.operationId}.answer` : "Problem";
    assert.deepEqual(check(schema, body), [], `${filled}: ${JSON.stringify(body).slice(0, 500)}`);
    checked += answer.ok ? 1 : 0;
  }
  assert.ok(checked >= 12, `${checked} answers were checked`);
  const invalid = await fetch(`${url}/api/v1/events?limit=x&colour=red`, { headers });
  const problem = (await invalid.json()) as { errors: { field: string }[] };
  assert.deepEqual(check("Problem", problem), []);
  assert.deepEqual(
    problem.errors.map(({ field }) => field),
    ["limit", "colour"],
  );
});

test("the document is served to anybody", async (t) => {
  const log = { error: () => {} };
  const engine = createFakeEngine();
  const server = createHttpServer({ engine, version: "1.2.3", tokenOk: () => false, log });
  t.after(() => server[Symbol.asyncDispose]());
  const url = `http://127.0.0.1:${await server.listenTcp("127.0.0.1", 0)}`;
  const answer = await fetch(`${url}/api/openapi.json`);
  assert.equal(answer.status, 200);
  const { openapi, info } = (await answer.json()) as { openapi: string; info: { version: string } };
  assert.deepEqual([openapi, info.version], ["3.1.1", "1.2.3"]);
});

/** Gives what is wrong with a value by a schema of the document; nothing for one that fits. */
function checkerOf(document: Document): (schema: string, value: unknown) => unknown[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "document");
  const known = new Map<string, ValidateFunction>();
  return (schema, value) => {
    const check =
      known.get(schema) ?? ajv.compile({ $ref: `document#/components/schemas/${schema}` });
    known.set(schema, check);
    return check(value) ? [] : (check.errors ?? []);
  };
}
