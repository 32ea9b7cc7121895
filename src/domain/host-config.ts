import { z } from "zod";
import type { BranchConfig } from "./branch.ts";
import type { DomainConfig } from "./domain-name.ts";

const Port = z.int().min(1).max(65_535);
/** An address of this machine; it is written into the configuration of nginx and sshd. */
const Address = z.string().regex(/^(?:\*|[0-9a-fA-F:]*:[0-9a-fA-F:.]*|[0-9]+(?:\.[0-9]+){3})$/);

/** The server's own settings: `berth.yml` or `pypaas.yml`. */
export const HostSettings = z.strictObject({
  ports: z
    .strictObject({
      min: Port.default(61_500).describe("First port for instances; 61500 by default."),
      max: Port.default(61_800).describe("First port that is not used any more; 61800 by default."),
    })
    .prefault({})
    .describe("Loopback ports for instances; a deploy needs old and new at once."),
  listen: z
    .strictObject({
      address: Address.default("*").describe("Address for visitors; * for all."),
      api: Port.default(42_500).describe("Port for API and console; 42500 by default."),
      apiAddress: Address.default("127.0.0.1").describe(
        "Address of API and console; 127.0.0.1 by default.",
      ),
      ssh: Port.default(42_522).describe("Port for git and commands over SSH; 42522 by default."),
      direct: Port.default(42_530).describe(
        "Port for visitors who name the port; 42530 by default.",
      ),
      http: Port.default(42_531).describe(
        "Port for visitors redirected from port 80; 42531 by default.",
      ),
      terminated: Port.default(42_532).describe(
        "Port for plain HTTP from a TLS terminator in front; 42532 by default.",
      ),
      tls: Port.default(42_533).describe(
        "Port for TLS, and visitors redirected from port 443; 42533 by default.",
      ),
    })
    .prefault({})
    .describe("Ports that Berth itself listens on."),
  suffix: z
    .string()
    .regex(/^[a-z0-9.-]+$/)
    .default("localhost")
    .describe("An app without a domain answers at <app>.<suffix>; localhost by default."),
  consoleUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .nullable()
    .default(null)
    .describe(
      "Address at which browsers reach API and console, such as https://berth.example.com; http://localhost and the port by default. Sign-in links, passkeys and sign-on depend on it.",
    ),
  signOn: z
    .strictObject({
      issuer: z
        .url({ protocol: /^https?$/ })
        .nullable()
        .default(null)
        .describe("Address of the OpenID Connect server; none by default."),
      name: z
        .string()
        .min(1)
        .max(60)
        .default("Company sign-on")
        .describe("What the console calls it; Company sign-on by default."),
      clientId: z.string().max(300).default("berth").describe("Our name there; berth by default."),
      clientSecretFile: z
        .string()
        .nullable()
        .default(null)
        .describe("File with our secret there, relative to the configuration directory."),
    })
    .prefault({})
    .describe("Lets people sign in at the company's OpenID Connect server."),
  createOnPush: z
    .boolean()
    .default(false)
    .describe(
      "The first push to an unknown name makes the app, in the one team that its pusher rules; off by default.",
    ),
  sshNames: z
    .array(z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/))
    .default(["berth", "deploy"])
    .describe(
      "Names under which ssh reaches Berth when it was started by root; all name one account.",
    ),
  trustedProxies: z
    .array(z.string().regex(/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/))
    .default([])
    .describe("Addresses whose X-Forwarded-* headers are believed; none by default."),
  nginxWorkers: z
    .int()
    .min(1)
    .max(64)
    .nullable()
    .default(null)
    .describe("Router processes; one for each core by default."),
  internalTargets: z
    .array(z.string().regex(/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/, "use an address or a network"))
    .default([])
    .describe(
      "Addresses inside this machine or network that notifications and drains may be sent to; none by default.",
    ),
  mail: z
    .strictObject({
      host: z.string().nullable().default(null).describe("SMTP server; none by default."),
      port: Port.default(587).describe("Its port; 587 by default."),
      security: z
        .enum(["starttls", "tls", "none"])
        .default("starttls")
        .describe("starttls by default; tls from the start (port 465); none without encryption."),
      user: z.string().nullable().default(null).describe("Account at the server; none by default."),
      passwordFile: z
        .string()
        .nullable()
        .default(null)
        .describe("File with its password, absolute or in the config directory; none by default."),
      from: z.email().nullable().default(null).describe("Address that mails come from."),
    })
    .prefault({})
    .describe("How Berth sends mail."),
  diskLowPercent: z
    .number()
    .min(0)
    .max(90)
    .default(10)
    .describe("Free share of the disk below which an event says so; 10 by default."),
  buildTimeoutS: z
    .number()
    .positive()
    .max(86_400)
    .default(900)
    .describe("Seconds that a build may take; 900 by default."),
  pushMegabytesMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2048)
    .describe("Megabytes (MiB) that one push may send; 2048 by default."),
  appInstancesMax: z
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .describe("Instances that an app may have, of all its branches; 100 by default."),
  appRunsMax: z
    .int()
    .min(1)
    .max(1000)
    .default(16)
    .describe("One-off commands that an app may run at once; 16 by default."),
  teamAppsMax: z
    .int()
    .min(1)
    .max(60_000)
    .default(500)
    .describe("Apps that a team may have; 500 by default."),
  openPorts: z
    .array(Port)
    .default([])
    .describe(
      "Ports of this machine that apps may connect to beside the router's, such as a database's; none by default.",
    ),
  diskFloorMb: z
    .int()
    .nonnegative()
    .default(512)
    .describe(
      "Free megabytes of the disk below which nothing is pushed and built; 512 by default.",
    ),
  retention: z
    .strictObject({
      eventsDays: z
        .int()
        .min(1)
        .max(3650)
        .default(365)
        .describe("Days that events are kept; 365 by default."),
      eventsMax: z
        .int()
        .min(1000)
        .max(10_000_000)
        .default(1_000_000)
        .describe("Events that are kept at most; 1000000 by default."),
      jobsDays: z
        .int()
        .min(1)
        .max(3650)
        .default(180)
        .describe("Days that jobs and their output are kept; 180 by default."),
      jobsMax: z
        .int()
        .min(100)
        .max(1_000_000)
        .default(20_000)
        .describe("Jobs that are kept at most; 20000 by default."),
      jobLogsMb: z
        .int()
        .min(10)
        .max(1_000_000)
        .default(1000)
        .describe("Megabytes that the output of all jobs may fill; 1000 by default."),
    })
    .prefault({})
    .describe("What is kept of the past; the oldest is removed first."),
  buildsAtOnce: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe("Builds that run at the same time; 2 by default."),
});
export type HostSettings = z.infer<typeof HostSettings>;

/** The ports on which Berth itself listens, by their keys. */
export function ownPorts({ listen }: Pick<HostSettings, "listen">) {
  const { address: _, apiAddress: __, ...ports } = listen;
  return ports;
}

/** Where a browser finds the console, without a slash at the end. */
export function consoleUrlOf({ consoleUrl, listen }: HostSettings): string {
  return consoleUrl ?? `http://localhost:${listen.api}`;
}

/** A mistake in a configuration file, in words that lead to the fix. */
export type ConfigProblem = {
  /** A warning leaves the file in force; an error does not. */
  readonly severity: "error" | "warning";
  /** Relative to the configuration directory, absolute when it stands elsewhere. */
  readonly file: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  /** `branches.master.runners.node.cmd`; empty for the whole file. */
  readonly key: string;
  readonly problem: string;
  /** What to write instead, as a sentence. */
  readonly fix: string;
  /** No mistake while an app of this name exists, which a command may have made. */
  readonly unlessApp?: string;
};

/** A key file's entry. */
export type ConfiguredKey = {
  readonly name: string;
  readonly type: string;
  readonly blob: string;
  readonly file: string;
};

/**
 * The configuration directory as it is in force: for each file its newest valid text. Files that
 * are broken stay with what they said last and stand in `problems`.
 */
export type HostConfig = {
  readonly settings: HostSettings;
  readonly apps: ReadonlyMap<
    string,
    { readonly file: string; readonly branches: ReadonlyMap<string, BranchConfig> }
  >;
  readonly domains: ReadonlyMap<string, { readonly file: string; readonly config: DomainConfig }>;
  readonly keys: readonly ConfiguredKey[];
  readonly problems: readonly ConfigProblem[];
};
