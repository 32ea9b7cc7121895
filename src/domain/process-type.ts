import { z } from "zod";

/** How a process type is served: a web server on $PORT, a process without a port, or files. */
const ProcessKind = z.enum(["web", "worker", "static"]);

/** How an instance is asked whether it is ready. */
export const HealthCheck = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, "start with / and use no spaces")
    .nullable()
    .default(null)
    .describe(
      "HTTP path that must answer with a status below 400; by default the port must accept.",
    ),
  timeoutS: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .describe("Seconds that an instance may take until it answers; 30 by default."),
});
export type HealthCheck = z.infer<typeof HealthCheck>;

/** What one process type of a release is. */
export const ProcessType = z.strictObject({
  kind: ProcessKind,
  command: z.string().default("").describe("Command line; empty for static."),
  directory: z
    .string()
    .default("")
    .describe("For static: the folder that is served, inside the artifact."),
  count: z.int().nonnegative().default(1).describe("Wanted number of instances; 1 by default."),
  stripPrefix: z
    .boolean()
    .default(false)
    .describe("The location's path is taken off before the app sees it."),
});
export type ProcessType = z.infer<typeof ProcessType>;

export const HookCommands = z.array(z.string()).default([]);

/** How long things may take, per branch. */
export const Timing = z.strictObject({
  stopTimeoutS: z
    .number()
    .positive()
    .max(3600)
    .default(10)
    .describe("Seconds from SIGTERM to SIGKILL."),
  drainTimeoutS: z
    .number()
    .nonnegative()
    .max(3600)
    .default(30)
    .describe("Seconds that requests in flight may take once the next release serves."),
  holdTimeoutS: z
    .number()
    .nonnegative()
    .max(600)
    .default(30)
    .describe("Seconds that requests wait while maintenance hooks run."),
});
export type Timing = z.infer<typeof Timing>;

/** Of those that run as instances. */
export function namesOfRunning(
  processTypes: Readonly<Record<string, Pick<ProcessType, "kind">>>,
): string[] {
  const types = Object.entries(processTypes);
  return types.filter(([, { kind }]) => kind !== "static").map(([name]) => name);
}

/** Process types with counts replaced by those of `formation`. */
export function withFormation(
  processTypes: Readonly<Record<string, ProcessType>>,
  formation: Readonly<Record<string, number>>,
): Record<string, ProcessType> {
  return Object.fromEntries(
    Object.entries(processTypes).map(([name, type]) => [
      name,
      { ...type, count: formation[name] ?? type.count },
    ]),
  );
}
