import { z } from "zod";
import { PlatformError } from "./errors.ts";
import { Secret } from "./secret.ts";

/** The value of a config var: shown to whoever may look, or a secret. */
export const ConfigVar = z.union([
  z.string(),
  z.custom<Secret>((value) => value instanceof Secret),
]);
export type ConfigVar = z.infer<typeof ConfigVar>;

export type ConfigVars = Readonly<Record<string, ConfigVar>>;

/** The values as a program is given them. @throws {PlatformError} `secret_unreadable` */
export function revealVars(vars: ConfigVars): Record<string, string> {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, reveal(value)]));
}

/** What tells values apart, without any that is secret. */
export function identitiesOf(vars: ConfigVars): Record<string, string | { secret: string }> {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [
      name,
      value instanceof Secret ? { secret: value.id } : value,
    ]),
  );
}

/** Whether a program would see no difference, and neither would who lists them. */
export function isSameVar(a: ConfigVar | null, b: ConfigVar | null): boolean {
  if (!(a instanceof Secret && b instanceof Secret)) return a === b;
  return a.id === b.id || isSameValue(a, b);
}

/** `vars`, in which stays secret what is a secret in `known`, though it be given as a plain value. */
export function withSecretNames<T extends ConfigVar | null>(
  vars: Readonly<Record<string, T>>,
  known: ConfigVars,
): Record<string, T | Secret> {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => {
      const isKept = typeof value === "string" && ownVar(known, name) instanceof Secret;
      return [name, isKept ? Secret.of(value) : value];
    }),
  );
}

/** The value of one var; null when there is none. */
export function ownVar(vars: ConfigVars, name: string): ConfigVar | null {
  return Object.hasOwn(vars, name) ? (vars[name] ?? null) : null;
}

/** `vars`, with each secret whose value is known already as the one that is known. */
export function withKnownSecrets(vars: ConfigVars, known: ConfigVars): Record<string, ConfigVar> {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => {
      const before = ownVar(known, name);
      return [name, before !== null && isSameVar(before, value) ? before : value];
    }),
  );
}

function reveal(value: ConfigVar): string {
  return value instanceof Secret ? value.reveal() : value;
}

/** One that cannot be read is no other's equal, so that setting it anew replaces it. */
function isSameValue(a: Secret, b: Secret): boolean {
  try {
    return a.reveal() === b.reveal();
  } catch (error) {
    if (error instanceof PlatformError && error.code === "secret_unreadable") return false;
    throw error;
  }
}
