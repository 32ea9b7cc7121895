import type { Socket } from "node:net";
import { z } from "zod";
import { PlatformError, withDiskFull } from "#domain/errors.ts";
import { privilegedVerbs, type Verb } from "#domain/privileges.ts";
import { sessionFrames } from "#domain/runner.ts";
import { ExecError } from "#lib/exec.ts";
import { encodeFrame, firstLine } from "#lib/frames.ts";
import type { Own } from "./realm.ts";
import { verbsIn } from "./verbs.ts";

/** What happened in one call. No file's content is in it. */
export type AuditEntry = {
  readonly verb: string;
  readonly args: unknown;
  readonly outcome: string;
  readonly tookMs: number;
};

const Request = z.strictObject({
  verb: z.enum(Object.keys(privilegedVerbs) as [Verb, ...Verb[]]),
  args: z.unknown(),
});
const requestBytesMax = 8 * 1024 * 1024;
const requestTimeoutMs = 10_000;
const wordShownMax = 200;
const wordsShownMax = 20;

/** Serves one connection: one request in a line, checked here, whatever was checked before. */
export function createHelper(
  realm: Own,
  audit: (entry: AuditEntry) => void,
): (connection: Socket) => void {
  const verbs = verbsIn(realm);
  const answer = async (connection: Socket, request: string): Promise<void> => {
    const startedMs = performance.now();
    let asked: Asked | null = null;
    const note = (outcome: string) =>
      audit({
        verb: asked?.verb ?? "none",
        args: asked ? shown(asked.args) : request.slice(0, wordShownMax),
        outcome,
        tookMs: Math.round(performance.now() - startedMs),
      });
    try {
      asked = parseRequest(request);
      // The schema of the verb has just been applied; the table's types follow from the same.
      const perform = verbs[asked.verb] as (args: unknown, connection: Socket) => Promise<unknown>;
      // A command may run for days, and a crash of this process ends it.
      if (asked.verb === "runCommand") note("begun");
      const value = (await perform(asked.args, connection)) ?? null;
      // No answer without a line. A command has answered itself.
      note("ok");
      if (asked.verb === "runCommand") connection.destroy();
      else connection.end(encodeFrame(sessionFrames.result, JSON.stringify({ value })));
    } catch (error) {
      const failure = failureOf(error, asked?.verb ?? "a request");
      note(`${failure.code}: ${error instanceof Error ? error.message : ""}`);
      connection.end(encodeFrame(sessionFrames.failure, JSON.stringify(failure)));
    }
  };
  return (connection) => {
    connection.on("error", () => {});
    const late = setTimeout(() => connection.destroy(), requestTimeoutMs);
    // Who goes away before a request is whole has asked nothing.
    firstLine(connection, requestBytesMax)
      .finally(() => clearTimeout(late))
      .then((request) => answer(connection, request))
      .catch(() => void connection.destroy());
  };
}

type Asked = { readonly verb: Verb; readonly args: Readonly<Record<string, unknown>> };

/** @throws {PlatformError} `helper_refused` for anything but a verb with its arguments. */
function parseRequest(text: string): Asked {
  const { verb, args } = checked(Request, parseJson(text), "a request");
  // Each verb's arguments are an object.
  const schema = privilegedVerbs[verb] as z.ZodType<Asked["args"]>;
  return { verb, args: checked(schema, args, verb) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, verb: string): T {
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  const [issue] = error.issues;
  const problem = `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`;
  throw new PlatformError("helper_refused", { verb, problem });
}

/** Undefined is no request, as what is no JSON is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What of a failure is told: an expected one whole, of a program that failed its last words, of the
 * system what it refused and where. Any other is a mistake of ours, and could say anything.
 */
function failureOf(error: unknown, verb: string): Pick<PlatformError, "code" | "details"> {
  const known = withDiskFull(error, "Berth's home");
  if (known instanceof PlatformError) return { code: known.code, details: known.details };
  const isSaid = error instanceof ExecError || (error instanceof Error && "syscall" in error);
  const problem = isSaid ? error.message : "it is a mistake in Berth, see logs/berth-root";
  return { code: "command_failed", details: { command: verb, problem: problem.slice(0, 500) } };
}

/**
 * What a line has of the arguments: not what is in files, which an app keeps secret, and of the rest
 * so little that nobody can push the lines before it out of the log with one call.
 */
function shown(args: Asked["args"]): unknown {
  const some = (name: string, value: unknown) => {
    if (name === "files") return undefined;
    if (Array.isArray(value)) return value.slice(-wordsShownMax);
    return typeof value === "string" ? value.slice(0, wordShownMax) : value;
  };
  return JSON.parse(JSON.stringify(args, some));
}
