import { z } from "zod";
import { section } from "./config-parts.ts";
import { PlatformError } from "./errors.ts";
import { limitNames, Limits, parseLimit, type LimitName, type SomeLimits } from "./limits.ts";

/** Limits as a configuration file names them: `memory: 512M`. */
export const LimitSection = section(
  z.strictObject({
    memory: limitText("memory", "a size", "512M"),
    cpu: limitText("cpu", "a number of cores", "0.5"),
    pids: limitText("pids", "a whole number", "200"),
    files: limitText("files", "a whole number", "4096"),
    disk: limitText("disk", "a size", "1G"),
  }),
).transform((parts): SomeLimits => Object.assign({}, ...Object.values(parts)));

/** One limit, already parsed: `{ memoryBytes }`, or nothing when it is not named. */
function limitText(name: LimitName, expects: string, example: string) {
  return z
    .union([z.string(), z.number()])
    .nullish()
    .transform((value, context): SomeLimits => {
      try {
        return value === null || value === undefined ? {} : parseLimit(name, String(value));
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        context.addIssue({ code: "custom", message: String(error.details["problem"]) });
        return z.NEVER;
      }
    })
    .meta({ expects, example })
    .describe(Limits.shape[limitNames[name]].description ?? "");
}
