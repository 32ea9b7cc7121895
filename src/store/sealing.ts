import type { BranchConfig } from "#domain/branch.ts";
import type { ConfigVar } from "#domain/config-var.ts";
import type { InstanceSpec } from "#domain/instance.ts";
import type { JobInput } from "#domain/job.ts";
import { Secret } from "#domain/secret.ts";
import type { Vault } from "./vault.ts";

/** A config var as it is stored: plain text as it is, a secret sealed. */
export type StoredVar = string | { readonly secret: string };

type Stored<Holder> = Omit<Holder, "env"> & { readonly env: Readonly<Record<string, StoredVar>> };
export type StoredConfig = Stored<BranchConfig>;
export type StoredSpec = Stored<InstanceSpec>;
type Changes = NonNullable<JobInput["changes"]>;
export type StoredInput = Omit<JobInput, "changes"> & {
  readonly changes?: Omit<Changes, "env"> & {
    readonly env?: Readonly<Record<string, StoredVar | null>>;
  };
};

/** Seals and opens what rows hold; every secret is bound to the branch and the var that it is of. */
export type Sealing = {
  readonly seal: <Holder extends { readonly env: Vars }>(
    branchId: number,
    holder: Holder,
  ) => Stored<Holder>;
  readonly open: <Holder extends { readonly env: Readonly<Record<string, StoredVar>> }>(
    branchId: number,
    holder: Holder,
  ) => Omit<Holder, "env"> & { readonly env: Record<string, ConfigVar> };
  /** A job of no branch has no secrets. */
  readonly sealInput: (branchId: number | null, input: JobInput) => StoredInput;
  readonly openInput: (branchId: number | null, input: StoredInput) => JobInput;
};

type Vars = Readonly<Record<string, ConfigVar>>;

export function createSealing(vault: Vault): Sealing {
  const sealVar = (branchId: number) => (value: ConfigVar, name: string) =>
    value instanceof Secret ? { secret: vault.seal(value, placeOf(branchId, name)) } : value;
  const openVar = (branchId: number) => (value: StoredVar, name: string) =>
    typeof value === "string" ? value : vault.open(value.secret, placeOf(branchId, name));
  return {
    seal: (id, holder) => ({ ...holder, env: mapVars(holder.env, sealVar(id)) }),
    open: (id, holder) => ({ ...holder, env: mapVars(holder.env, openVar(id)) }),
    sealInput: (id, { changes, ...input }) => {
      if (!changes) return input;
      const { env = {}, ...others } = changes;
      return { ...input, changes: { ...others, env: mapVars(env, orNull(sealVar(id ?? 0))) } };
    },
    openInput: (id, { changes, ...input }) => {
      if (!changes) return input;
      const { env = {}, ...others } = changes;
      return { ...input, changes: { ...others, env: mapVars(env, orNull(openVar(id ?? 0))) } };
    },
  };
}

function placeOf(branchId: number, name: string) {
  return { path: `branch/${branchId}/env/${name}`, name };
}

/** A change may also take a var away. */
function orNull<From, To>(change: (value: From, name: string) => To) {
  return (value: From | null, name: string) => (value === null ? null : change(value, name));
}

function mapVars<From, To>(
  vars: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  const changed = Object.entries(vars).map(([name, value]) => [name, change(value, name)] as const);
  return Object.fromEntries(changed);
}
