import type { ConfigText } from "#domain/config-text.ts";
import type { ConfigProblem } from "#domain/host-config.ts";
import { parseYaml } from "#lib/yaml.ts";

/** A configuration file's text as its parser gets it. */
export function configText(yaml: string, file = "repo/shop.yml"): ConfigText {
  return { file, ...parseYaml(yaml) };
}

/** Problems as lines that a test can compare. */
export function linesOf(problems: readonly ConfigProblem[]): string[] {
  return problems.map(
    ({ severity, line, key, problem, fix }) => `${severity} ${line} ${key}: ${problem}; ${fix}`,
  );
}
