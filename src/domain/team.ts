import { z } from "zod";

export const TeamName = z
  .string()
  .max(40, "use at most 40 characters")
  .regex(
    /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
    "use lower-case letters, digits and single hyphens, starting with a letter",
  )
  .describe("Name of a team.");

/** People and the apps they share. */
export type Team = { readonly id: number; readonly name: string; readonly createdAt: Date };

/** The team that every installation has; it owns the apps of configuration files. */
export const firstTeamId = 1;
