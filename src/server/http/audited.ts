import type { Operation } from "#api/operation.ts";
import type { AuditOutcome, Facts, Known } from "#domain/audit.ts";
import type { Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import { jobKinds, type JobKind } from "#domain/job.ts";
import { shownFacts } from "#domain/shown.ts";
import { difference } from "#engine/people/fact.ts";
import type { Subject } from "#engine/people/facts.ts";
import type { People } from "#engine/people/people.ts";
import { textOf, valueOf, type Parts } from "./admit.ts";

export type AuditedCall = Parts & { readonly caller: Caller };

const targetMax = 300;

/** Carries out a change and writes down who made it, what it changed and how it ended. */
export async function audited<T>(
  operation: Operation,
  call: AuditedCall,
  { people, work }: { readonly people: People; readonly work: () => Promise<T> },
): Promise<T> {
  if (operation.method === "GET") return work();
  const named = subjectOf(operation, call, people);
  const subject = { ...named, ...madeBy(operation, call) };
  const before = people.facts(subject);
  const ownerBefore = people.ownerOf(named);
  const note = (outcome: AuditOutcome, code: string | null, after: Known): void => {
    const { actor, userId, door, address } = call.caller;
    const owner = outcome === "done" ? people.ownerOf(subject) : ownerBefore;
    people.note({
      appId: ownerBefore.appId ?? owner.appId,
      teamId: ownerBefore.teamId ?? owner.teamId,
      ...difference(before, after),
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
    const jobs = [...(subject.jobs ?? []), ...jobsIn(result)];
    note("done", null, people.facts({ ...subject, jobs }));
    return result;
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : "internal";
    const isRefusal = error instanceof PlatformError && error.kind === "denied";
    note(isRefusal ? "refused" : "failed", code, people.facts(subject));
    throw error;
  }
}

/** What a call is about: what it names, else the caller's own, or the installation. */
function subjectOf(operation: Operation, call: AuditedCall, people: People): Subject {
  const text = (key: string) => textOf(operation, call, key);
  const job = valueOf(operation, call, "job");
  const named = { app: text("target") ?? text("app"), team: text("team") };
  const isOwn = operation.needs.startsWith("own:");
  const { userId } = call.caller;
  const own = isOwn && userId !== null ? people.userById(userId)?.name : undefined;
  const user = text("user") ?? own;
  const isNone = [named.app, named.team, user, job].every((it) => it === undefined);
  return { ...named, user, jobs: typeof job === "number" ? [job] : [], installation: isNone };
}

const nouns: Readonly<Record<string, "app" | "team" | "user" | "key">> = {
  apps: "app",
  teams: "team",
  users: "user",
  keys: "key",
};

/** What a call names as `name`, which is of the operation's own kind. */
function madeBy(operation: Operation, call: AuditedCall): Subject {
  const noun = nouns[operation.id.slice(0, operation.id.indexOf("."))];
  const name = textOf(operation, call, "name");
  return noun === undefined || name === undefined ? {} : { [noun]: name };
}

/** The jobs that an answer speaks of. */
function jobsIn(answer: unknown): number[] {
  if (Array.isArray(answer)) return answer.flatMap(jobsIn);
  const { id, kind, job } = objectOf(answer);
  if (typeof job === "number") return [job];
  if (typeof job === "object") return jobsIn(job);
  return typeof id === "number" && jobKinds.includes(kind as JobKind) ? [id] : [];
}

/** What it was done to: what the path names, else what the body names. */
function targetOf(call: AuditedCall): string | null {
  const inBody = targetKeyOf(call);
  const named = inBody ? [objectOf(call.body)[inBody]] : Object.values(objectOf(call.params));
  return named.length > 0 ? named.map(String).join(" ").slice(0, targetMax) : null;
}

/** The field of the body that names what it was done to, where the path does not. */
function targetKeyOf({ params, body }: AuditedCall): string | undefined {
  if (Object.keys(objectOf(params)).length > 0) return undefined;
  const given = objectOf(body);
  return ["target", "name", "app", "team"].find((key) => typeof given[key] === "string");
}

/** What was given beside the target, as far as the operation's schemas let it be shown. */
function inputOf(operation: Operation, call: AuditedCall): Facts {
  const told = targetKeyOf(call);
  const given = (["query", "body"] as const).flatMap((part) =>
    Object.entries(shownFacts(operation[part], call[part])),
  );
  return Object.fromEntries(given.filter(([name]) => name !== told));
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
