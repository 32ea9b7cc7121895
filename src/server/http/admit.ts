import { z } from "zod";
import type { Operation } from "#api/operation.ts";
import type { People } from "#engine/people/people.ts";
import type { Named } from "#engine/people/permit.ts";

/** The parts of a call, as the operation's schemas gave them. */
export type Parts = Readonly<Record<"params" | "query" | "body", unknown>>;
type Part = keyof Parts;

const appKeys = ["target", "app"] as const;

/**
 * What a call names, of what permissions are about. Only fields that the operation declares count:
 * a config var called `team` names no team.
 */
export function namedBy(operation: Operation, parts: Parts): Named {
  const [of] = operation.needs.split(":");
  const text = (key: string) => textOf(operation, parts, key);
  if (of === "team") return { team: text("team") };
  if (of !== "app" && of !== "apps") return {};
  const job = valueOf(operation, parts, "job");
  if (typeof job === "number") return { job };
  const app = appKeys.map(text).find((it) => it !== undefined);
  return of === "app" && app === undefined ? { team: text("team") } : { app };
}

/** The names of the apps that may be seen; null for all. */
export function visibleNames(
  people: Pick<People, "apps">,
  visible: ReadonlySet<number> | null,
): ReadonlySet<string> | null {
  if (visible === null) return null;
  const apps = people.apps().filter(({ id }) => visible.has(id));
  return new Set(apps.map(({ name }) => name));
}

/**
 * Refuses to serve an operation whose permission cannot be checked: it must name what its need is
 * about, in its path or in a field that it declares.
 */
export function assertGuarded(operation: Operation): void {
  const { id, needs } = operation;
  const [of = "", right = ""] = typeof needs === "string" ? needs.split(":") : [];
  const known = ["app", "apps", "team", "teams", "installation", "own"];
  if (!known.includes(of) || right === "") throw new Error(`${id} declares no permission`);
  const wanted = of === "app" ? [...appKeys, "job"] : of === "team" ? ["team"] : [];
  const isNamed = wanted.some((key) => partsWith(operation, key).length > 0);
  if (wanted.length > 0 && !isNamed) throw new Error(`${id} needs ${needs} and names none`);
}

/** The text of a field that the operation declares, wherever it stands. */
export function textOf(operation: Operation, parts: Parts, key: string): string | undefined {
  const value = valueOf(operation, parts, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The value of a field that the operation declares, wherever it stands. */
export function valueOf(operation: Operation, parts: Parts, key: string): unknown {
  const [part] = partsWith(operation, key);
  // A part whose schema is an object with that key is an object.
  return part ? (parts[part] as Record<string, unknown>)[key] : undefined;
}

function partsWith(operation: Operation, key: string): Part[] {
  return (["params", "query", "body"] as const).filter((part) => {
    const schema = operation[part];
    return schema instanceof z.ZodObject && Object.hasOwn(schema.shape, key);
  });
}
