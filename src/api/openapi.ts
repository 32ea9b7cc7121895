import { z } from "zod";
import type { ErrorCode } from "#domain/errors.ts";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { statusOf } from "./problem.ts";
import * as views from "./views.ts";

type Json = Readonly<Record<string, unknown>>;
type Schema = Json & { readonly properties?: Readonly<Record<string, Json>> };

const schemaPath = "#/components/schemas/";

/**
 * The API as an OpenAPI 3.1 document, from the declarations of the operations alone.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function openApiDocument(version: string): Json {
  const offered = operations.filter(({ localOnly }) => !localOnly);
  const { schemas, inputs } = schemasOf(offered);
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of offered) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method.toLowerCase()] = describe(operation, inputs);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Berth",
      version,
      summary: "Turns a Linux server into a home for programs.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ token: [] }],
    tags: [...new Set(offered.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...schemas, Problem: problemSchema },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "A token of `berth tokens:add`." },
      },
    },
  };
}

function describe(operation: Operation, inputs: Inputs): Json {
  const { id, summary, method, stream, needs, errors } = operation;
  const hasBody = isFilled(inputs[`${id}.body`]);
  return {
    operationId: id,
    tags: [tagOf(operation)],
    summary,
    "x-berth-needs": needs,
    parameters: [
      ...parametersOf(inputs[`${id}.params`], "path"),
      ...parametersOf(inputs[`${id}.query`], "query"),
      ...(method === "GET" ? [] : [idempotencyKey]),
      ...(stream ? [lastEventId] : []),
    ],
    ...(hasBody
      ? { requestBody: { required: true, content: json(inputs[`${id}.body`] ?? {}) } }
      : {}),
    responses: { 200: answerOf(operation), ...problemsOf(errors) },
  };
}

/** A stream has no schema of its own in OpenAPI 3.1: that of one event stands beside it. */
function answerOf({ id, stream }: Operation): Json {
  const schema = { $ref: `${schemaPath}${id}.answer` };
  if (!stream) return { description: "Done.", content: json(schema) };
  const description = "Server-sent events; the data of each is JSON as in `x-berth-event`.";
  const content = { "text/event-stream": { schema: { type: "string" }, "x-berth-event": schema } };
  return { description, content };
}

type Inputs = Readonly<Record<string, Schema | undefined>>;

/** What answers have in common is described once; of inputs, what a client may leave out is. */
function schemasOf(offered: readonly Operation[]): { schemas: Json; inputs: Inputs } {
  const answers = z.registry<{ id: string }>();
  for (const [name, view] of Object.entries(views)) {
    if (view instanceof z.ZodType) answers.add(view, { id: name.replace(/View$/, "") });
  }
  for (const { id, result } of offered) {
    // A view may be an answer as it is: then both names stand for it.
    answers.add(answers.has(result) ? z.union([result]) : result, { id: `${id}.answer` });
  }
  const given = z.registry<{ id: string }>();
  for (const { id, ...operation } of offered) {
    for (const part of ["params", "query", "body"] as const) {
      given.add(operation[part].clone(), { id: `${id}.${part}` });
    }
  }
  const uri = (id: string) => `${schemaPath}${id}`;
  const options = { target: "draft-2020-12", unrepresentable: "any", uri } as const;
  return {
    schemas: withoutIds(z.toJSONSchema(answers, { ...options, io: "output" }).schemas),
    inputs: withoutIds(z.toJSONSchema(given, { ...options, io: "input" }).schemas),
  };
}

/** Without what names a schema as a document of its own. */
function withoutIds(schemas: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const own = Object.entries(schema).filter(([key]) => key !== "$id" && key !== "$schema");
      return [name, Object.fromEntries(own)];
    }),
  );
}

function parametersOf(schema: Schema | undefined, place: "path" | "query"): Json[] {
  const required = (schema?.["required"] ?? []) as readonly string[];
  return Object.entries(schema?.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    ...(description === undefined ? {} : { description }),
    required: place === "path" || required.includes(name),
    schema: rest,
  }));
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Of your choice: the same request with the same key is carried out once within a day, and answered again as the first time.",
  schema: { type: "string", minLength: 1, maxLength: 200 },
};

const lastEventId = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "The id of the last event that was read: goes on after it, as `after` does.",
  schema: { type: "string" },
};

/** Every operation may refuse what is asked, and who asks. */
const everywhere = ["invalid_input", "not_permitted", "stopping"] as const satisfies ErrorCode[];

function problemsOf(errors: readonly ErrorCode[]): Record<number, Json> {
  const byStatus = Map.groupBy([...new Set([...everywhere, ...errors])], (code) => statusOf(code));
  const problems = [...byStatus].map(([status, codes]) => [
    status,
    {
      description: `One of: ${codes.join(", ")}.`,
      content: { "application/problem+json": { schema: { $ref: `${schemaPath}Problem` } } },
    },
  ]);
  const unknown = { description: "Nobody is signed in.", content: problemContent };
  return { ...Object.fromEntries(problems), 401: unknown } as Record<number, Json>;
}

const problemContent = {
  "application/problem+json": { schema: { $ref: `${schemaPath}Problem` } },
};

const text = { type: "string" };
/** @see RFC 9457 */
const problemSchema = {
  type: "object",
  description: "Why something was not done, and what to do about it.",
  properties: {
    type: { ...text, description: "urn:berth:error: and the code." },
    title: text,
    status: { type: "integer" },
    code: { ...text, description: "What programs go by: see the page of errors." },
    detail: { ...text, description: "A sentence for people." },
    hint: { ...text, description: "What to do next." },
    errors: {
      type: "array",
      description: "Each field that is not valid.",
      items: {
        type: "object",
        properties: { field: text, problem: text },
        required: ["field", "problem"],
      },
    },
  },
  required: ["type", "title", "status", "code", "detail", "hint"],
};

function json(schema: Json): Json {
  return { "application/json": { schema } };
}

function isFilled(schema: Schema | undefined): boolean {
  return schema !== undefined && JSON.stringify(schema.properties ?? schema) !== "{}";
}

function tagOf({ id }: Operation): string {
  return id.split(".", 1)[0] ?? id;
}
