import { z } from "zod";
import { Snippet, section, YesNo } from "./config-parts.ts";
import {
  checkConfig,
  type ConfigPath,
  type ConfigText,
  errorAt,
  isBroken,
  type Parsed,
} from "./config-text.ts";
import { DomainConfig, DomainLocation, DomainUpstream } from "./domain-name.ts";
import type { ConfigProblem } from "./host-config.ts";
import { checkListenOptions, checkSnippet } from "./nginx-snippet.ts";

const Upstream = z.strictObject({
  repo: DomainUpstream.shape.app.describe("App that answers."),
  branch: DomainUpstream.shape.branch.describe("Branch of the app."),
  runner: DomainUpstream.shape.processType
    .meta({ example: "web" })
    .describe("Runner of the branch, or process type of its Procfile."),
});
type Upstream = z.infer<typeof Upstream>;

const Location = z.strictObject({
  upstream: Upstream.meta({ example: "{ repo: shop, branch: main, runner: web }" }),
  maintenance_upstream: Upstream.nullish().describe(
    "Answers while the upstream is in maintenance, or was never deployed.",
  ),
  nginx_extra_config: Snippet,
});

const FilePath = z
  .string()
  .regex(/^\/[^\0]*$/, "write an absolute path")
  .nullish();

/** `domains/<domain>.yml` as it is written. */
export const DomainFile = z.strictObject({
  locations: z
    .record(z.string(), section(Location))
    .refine((locations) => Object.keys(locations).length > 0, "names no location")
    .meta({ expects: "a mapping of paths" })
    .describe("What answers, by the beginning of the request's path."),
  ssl: YesNo.nullish().describe("Serve over TLS and redirect plain requests; off by default."),
  ssl_certificate: FilePath.describe(
    "PEM chain; /etc/ssl/private/httpd/<domain>/<domain>.crt by default.",
  ),
  ssl_certificate_key: FilePath.describe(
    "PEM key; /etc/ssl/private/httpd/<domain>/<domain>.key by default.",
  ),
  ssl_certificate_chain: z
    .unknown()
    .optional()
    .meta({ retired: "Berth does not staple OCSP answers" }),
  ssl_config: Snippet,
  extra_listen_options: z
    .string()
    .nullish()
    .describe("Words for nginx's listen lines. Berth passes none on."),
  nginx_http_extra_config: Snippet,
  nginx_https_extra_config: Snippet,
});
type DomainFile = z.infer<typeof DomainFile>;

/** A domain with the text it came from, so that a wrong reference can be shown in it. */
export type ParsedDomain = {
  readonly text: ConfigText;
  readonly config: DomainConfig;
  /** The locations' keys as they are written, in the order of `config.locations`. */
  readonly keys: readonly string[];
};

export function parseDomainConfig(name: string, text: ConfigText): Parsed<ParsedDomain> {
  const { data, problems } = checkConfig(DomainFile, text);
  const found = [...problems, ...checkSnippets(text, data)];
  if (!data) return { value: null, problems: found };
  found.push(...checkPaths(text, data));
  if (isBroken(found)) return { value: null, problems: found };
  const keys = Object.keys(data.locations);
  const config = DomainConfig.parse({
    locations: Object.entries(data.locations).map(([key, location]) => ({
      path: pathOf(key),
      upstream: upstreamOf(location.upstream),
      maintenance: location.maintenance_upstream ? upstreamOf(location.maintenance_upstream) : null,
    })),
    ssl: data.ssl ?? false,
    certificate: data.ssl_certificate ?? standardFile(name, "crt", data),
    key: data.ssl_certificate_key ?? standardFile(name, "key", data),
  });
  return { value: { text, config, keys }, problems: found };
}

function checkSnippets(text: ConfigText, data: DomainFile | null): ConfigProblem[] {
  const snippets: ConfigPath[] = [
    ["ssl_config"],
    ["nginx_http_extra_config"],
    ["nginx_https_extra_config"],
    ...Object.keys(data?.locations ?? {}).map((key) => ["locations", key, "nginx_extra_config"]),
  ];
  return [
    ...snippets.flatMap((path) => checkSnippet(text, path)),
    ...checkListenOptions(text, ["extra_listen_options"]),
  ];
}

function checkPaths(text: ConfigText, data: DomainFile): ConfigProblem[] {
  const seen = new Map<string, string>();
  return Object.keys(data.locations).flatMap((key) => {
    const path = ["locations", key];
    if (!isPlainPath(key)) return [errorAt(text, path, pathWords(key))];
    const earlier = seen.get(pathOf(key));
    seen.set(pathOf(key), key);
    if (earlier === undefined) return [];
    const fix = "keep one of the two";
    return [errorAt(text, path, { problem: `is the same as ${earlier}`, fix })];
  });
}

function isPlainPath(key: string): boolean {
  const isSafe = !/[%?#\\]|\/\/|\/\.\.?(?:\/|$)/.test(key);
  return isSafe && DomainLocation.shape.path.safeParse(key).success;
}

function pathWords(key: string): { problem: string; fix: string } {
  const problem = "is no path";
  const exact = /^(?:=|\^~)\s*(?<path>\/[\x21-\x7e]*)$/.exec(key)?.groups?.["path"];
  if (exact) return { problem, fix: `write \`"${exact}":\`, which also matches what is below it` };
  if (/^~\*?/.test(key)) {
    return {
      problem: "is a regular expression, which Berth does not take",
      fix: 'write the beginning of the path, such as `"/api":`, and let the app tell the rest apart',
    };
  }
  return { problem, fix: 'write a path that starts with / and is plain, such as `"/api":`' };
}

/** `/public/` and `/public` are one location: both match the folder and what is below it. */
function pathOf(key: string): string {
  return key.replace(/(?<=.)\/$/, "");
}

function upstreamOf({ repo, branch, runner }: Upstream): DomainUpstream {
  return { app: repo, branch, processType: runner };
}

/** Where pyPaaS expects the files of a domain. */
function standardFile(name: string, ending: string, { ssl }: DomainFile): string | null {
  return ssl ? `/etc/ssl/private/httpd/${name}/${name}.${ending}` : null;
}
