import { z } from "zod";
import { AppName, BranchName, ProcessTypeName } from "./app.ts";

/** A host name that visitors type, lower-case, at most one leading wildcard. */
export const DomainName = z
  .string()
  .max(253, "use at most 253 characters")
  .regex(
    /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "use a host name in lower case, such as shop.example.com or *.example.com",
  )
  .describe("Domain name.");

/** A process type of a branch of an app, in words; `domain/router.ts` has the same by key. */
export const DomainUpstream = z.strictObject({
  app: AppName,
  branch: BranchName,
  processType: ProcessTypeName,
});
export type DomainUpstream = z.infer<typeof DomainUpstream>;

export const DomainLocation = z.strictObject({
  path: z.string().regex(/^\/[\x21-\x7e]*$/, "start with / and use no spaces"),
  upstream: DomainUpstream,
  maintenance: DomainUpstream.nullable().default(null),
});
export type DomainLocation = z.infer<typeof DomainLocation>;

/** What a domain serves, however it was configured. */
export const DomainConfig = z.strictObject({
  locations: z.array(DomainLocation).min(1),
  ssl: z.boolean().default(false),
  certificate: z.string().nullable().default(null).describe("Absolute path of a PEM chain."),
  key: z.string().nullable().default(null).describe("Absolute path of a PEM key."),
});
export type DomainConfig = z.infer<typeof DomainConfig>;

export type Domain = {
  readonly name: string;
  readonly config: DomainConfig;
  readonly managedBy: string | null;
};
