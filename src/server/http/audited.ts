import { z } from "zod";
import type { Operation } from "#api/operation.ts";
import type { AuditOutcome, Facts } from "#domain/audit.ts";
import type { Caller } from "#domain/caller.ts";
import { parseTarget } from "#domain/app.ts";
import { PlatformError } from "#domain/errors.ts";
import type { People } from "#engine/people/people.ts";
import { textOf, type Parts } from "./admit.ts";
import { difference, type Subject } from "#engine/people/facts.ts";

export type AuditedCall = Parts & { readonly caller: Caller };

const textMax = 300;
const hidden = "[hidden]";
/** Fields whose values are nobody's business, or may hold a password within. */
const secretName = /password|secret|token$|^current$|code$|url$|^key$|confirm/i;

/** Carries out a change and writes down who made it, what it changed and how it ended. */
export async function audited<T>(
  operation: Operation,
  call: AuditedCall,
  { people, work }: { readonly people: People; readonly work: () => Promise<T> },
): Promise<T> {
  if (operation.method === "GET") return work();
  const subject = subjectOf(operation, call);
  const before = people.facts(subject);
  const ids = idsOf(people, subject);
  const note = (outcome: AuditOutcome, code: string | null): void => {
    const { actor, userId, door, address } = call.caller;
    people.note({
      ...ids,
      ...difference(before, people.facts(subject)),
      actor,
      userId,
      door,
      address,
      operation: operation.id,
      target: targetOf(call),
      input: inputOf(operation, call),
      outcome,
      code,
    });
  };
  try {
    const result = await work();
    note("done", null);
    return result;
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : "internal";
    const isRefusal = error instanceof PlatformError && error.kind === "denied";
    note(isRefusal ? "refused" : "failed", code);
    throw error;
  }
}

function subjectOf(operation: Operation, call: AuditedCall): Subject {
  const text = (key: string) => textOf(operation, call, key);
  return { app: text("target") ?? text("app"), team: text("team"), user: text("user") };
}

function idsOf(
  people: People,
  { app, team }: Subject,
): { appId: number | null; teamId: number | null } {
  const named = app === undefined ? null : people.appRef(parseTarget(app).app);
  const teamId = team === undefined ? null : people.teamId(team);
  return { appId: named?.id ?? null, teamId: teamId ?? named?.teamId ?? null };
}

/** What it was done to: what the path names, else what the body names. */
function targetOf({ params, body }: AuditedCall): string | null {
  const inPath = Object.values(objectOf(params)).map(String);
  const given = objectOf(body);
  const inBody = ["target", "name", "app", "team"].map((key) => given[key]);
  const named =
    inPath.length > 0 ? inPath : inBody.filter((it) => typeof it === "string").slice(0, 1);
  return named.length > 0 ? named.join(" ").slice(0, textMax) : null;
}

/** Of a record, whose names are people's own, only the names; of an object, what is no secret. */
function inputOf(operation: Operation, { query, body }: AuditedCall): Facts {
  const isOpen = operation.body instanceof z.ZodRecord;
  const entries = [...Object.entries(objectOf(query)), ...Object.entries(objectOf(body))];
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== undefined)
      .slice(0, 100)
      .map(([name, value]) => {
        const isShown =
          value === null || typeof value === "number" || (!isOpen && !secretName.test(name));
        return [name.slice(0, textMax), isShown ? shown(value) : hidden];
      }),
  );
}

function shown(value: unknown): Facts[string] {
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "string" ? withoutSecrets(value).slice(0, textMax) : hidden;
}

/** An address may hold a password before its host and a token behind it; of it the host is shown. */
function withoutSecrets(text: string): string {
  return text.replaceAll(
    /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([^\s/?#]*)(\S*)/gi,
    (_, scheme: string, host: string, rest: string) =>
      `${scheme}${host}${rest.length > 1 ? "/…" : ""}`,
  );
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
