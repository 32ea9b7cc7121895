import { z } from "zod";

/** Pieces that the schemas of configuration files share. */

/** A mapping that may be left empty: `env:` with every line commented out is still a mapping. */
export function section<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value ?? {}, schema);
}

/** The kernel takes no longer word in an argument or an environment variable (128 KiB in bytes). */
const charactersMax = 32_000;

/** Text that can be handed to a program: no NUL, not longer than the kernel takes. */
export const Text = z
  .string()
  .max(charactersMax)
  .refine((text) => !text.includes("\0"), "holds a NUL character");

export const CommandLine = Text.min(1).meta({ expects: "a command", example: "npm start" });

/** `yes` and `no` are booleans to YAML 1.1, which pyPaaS read, and words to YAML 1.2. */
export const YesNo = z
  .union([z.boolean(), z.string().regex(/^(?:yes|no|on|off)$/i)])
  .transform((value) => (typeof value === "boolean" ? value : /^(?:yes|on)$/i.test(value)))
  .meta({ expects: "true or false", example: "true" });

export const Snippet = z
  .string()
  .nullish()
  .meta({ expects: "lines of nginx configuration" })
  .describe("Lines for nginx. Berth passes none on: it says what it does with each.");
