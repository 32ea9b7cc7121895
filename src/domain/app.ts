import { z } from "zod";
import { PlatformError } from "./errors.ts";

/** A name that is at once a DNS label, a path segment and a word on a command line. */
export const AppName = z
  .string()
  .max(63, "use at most 63 characters")
  .regex(
    /^[a-z](?:-?[a-z0-9])*$/,
    "use lower-case letters, digits and single hyphens, starting with a letter",
  )
  .describe("Name of an app.");

/** A git branch name, narrowed to what is safe in a path, an option and a sentence. */
export const BranchName = z
  .string()
  .max(100, "use at most 100 characters")
  .regex(
    /^(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]*(?<![./])$/,
    "use letters, digits and . _ / - as git allows them",
  )
  .describe("Name of a branch.");

/** `shop`, or `shop@staging` for a branch that is not the default one. */
export const Target = z
  .string()
  .max(164)
  .describe("An app, or app@branch for a branch that is not the app's default one.");

export const ProcessTypeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, "use letters, digits, _ and -, starting with a letter");

/** Whether an app's programs may connect to anything but themselves and the services bound to it. */
export const Network = z.enum(["open", "closed"]);
export type Network = z.infer<typeof Network>;

export type App = {
  readonly id: number;
  readonly name: string;
  /** The team that owns it. */
  readonly teamId: number;
  /** The configuration file that manages it; null when it was made by a command. */
  readonly managedBy: string | null;
  /** Which of the home's Linux users is its own, see `app-user.ts`. */
  readonly userNumber: number;
  readonly network: Network;
  readonly createdAt: Date;
};

/** Splits `shop@staging`; the branch is null when only the app is named. */
export function parseTarget(text: string): { app: string; branch: string | null } {
  const at = text.indexOf("@");
  const app = AppName.safeParse(at < 0 ? text : text.slice(0, at));
  if (!app.success) throw invalid("app", text, app.error);
  if (at < 0) return { app: app.data, branch: null };
  const branch = BranchName.safeParse(text.slice(at + 1));
  if (!branch.success) throw invalid("branch", text, branch.error);
  return { app: app.data, branch: branch.data };
}

function invalid(field: string, value: string, error: z.ZodError): PlatformError {
  const problem = `${JSON.stringify(value.slice(0, 80))}: ${error.issues[0]?.message ?? "not allowed"}`;
  return new PlatformError("invalid_input", { field, problem });
}
