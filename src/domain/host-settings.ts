import { z } from "zod";
import { section } from "./config-parts.ts";
import { unwrap } from "./config-schema.ts";
import { checkConfig, type ConfigText, errorAt, isBroken, type Parsed } from "./config-text.ts";
import { type ConfigProblem, HostSettings, ownPorts } from "./host-config.ts";

const logs = "Berth keeps the output of instances and jobs itself, see berth logs";

/** `berth.yml` or `pypaas.yml` as it is written: the settings in snake case. */
export const HostFile = z.strictObject({
  ...snakeCased(HostSettings),
  runner_runscript_template: z.unknown().optional().meta({
    retired: "Berth starts each cmd in a sandbox itself; put other steps into the cmd",
  }),
  runner_logscript_template: z.unknown().optional().meta({ retired: logs }),
  deploy_logger_cmd: z.unknown().optional().meta({
    retired: "Berth keeps the output of each deploy itself, see berth events",
  }),
  ssl_config: z.unknown().optional().meta({ retired: "Berth's own TLS settings are in force" }),
  shell: z.unknown().optional().meta({ retired: "Berth runs no login shell" }),
});

export function parseHostSettings(text: ConfigText): Parsed<HostSettings> {
  const { data, problems } = checkConfig(HostFile, text);
  if (!data) return { value: null, problems };
  const known = new Set(Object.keys(HostSettings.shape));
  const entries = Object.entries(camelCased(data)).filter(([key]) => known.has(key));
  const settings = HostSettings.parse(Object.fromEntries(entries));
  const found = [...problems, ...checkPorts(text, settings)];
  return { value: isBroken(found) ? null : settings, problems: found };
}

function checkPorts(text: ConfigText, settings: HostSettings): ConfigProblem[] {
  const { ports } = settings;
  if (ports.min >= ports.max) {
    const fix = `write \`max: ${Math.min(65_535, ports.min + 300)}\``;
    const problem = "must be larger than min: it is the first port that is not used";
    return [errorAt(text, ["ports", "max"], { problem, fix })];
  }
  const entries = Object.entries(ownPorts(settings));
  return entries.flatMap(([key, port], index) => {
    const path = ["listen", snakeOf(key)];
    const isInstancePort = port >= ports.min && port < ports.max;
    const twin = entries.slice(0, index).find(([, earlier]) => earlier === port);
    const fix = "choose another port";
    if (isInstancePort) {
      const problem = `${port} lies between ports.min and ports.max, which are for instances`;
      return [errorAt(text, path, { problem, fix })];
    }
    if (!twin) return [];
    return [errorAt(text, path, { problem: `${port} is used by ${snakeOf(twin[0])} too`, fix })];
  });
}

/** The shape of a schema of settings with its keys as they stand in a file. */
function snakeCased(schema: z.ZodObject): Record<string, z.ZodType> {
  const entries = Object.entries(schema.shape).map(([key, child]) => {
    const inner = unwrap(child);
    if (!(inner instanceof z.ZodObject)) return [snakeOf(key), child];
    return [snakeOf(key), section(z.strictObject(snakeCased(inner)))];
  });
  return Object.fromEntries(entries);
}

function camelCased(value: object): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, child]: [string, unknown]) => {
    const isMapping = typeof child === "object" && child !== null && !Array.isArray(child);
    return [camelOf(key), isMapping ? camelCased(child) : child];
  });
  return Object.fromEntries(entries);
}

function snakeOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelOf(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
