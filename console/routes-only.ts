import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

type Declared = { readonly method?: unknown; readonly path?: unknown; readonly stream?: unknown };

const declarations = join(import.meta.dirname, "../src/api");

/**
 * In the browser an operation is its route and nothing else: a module of `src/api` is replaced by
 * its exported operations, each cut down to method, path and whether it streams. So the console is
 * typed by the declarations and carries none of their schemas.
 */
export function routesOnly(): Plugin {
  return {
    name: "berth:routes-only",
    enforce: "pre",
    async load(id) {
      const file = id.split("?")[0] ?? "";
      if (dirname(file) !== declarations || !basename(file).endsWith(".ts")) return null;
      // A module's exports can be anything; what is not an operation is left out.
      const exported = (await import(pathToFileURL(file).href)) as Record<string, Declared | null>;
      return Object.entries(exported).flatMap(routeOf).join("\n");
    },
  };
}

function routeOf([name, value]: [string, Declared | null]): string[] {
  if (typeof value?.method !== "string" || typeof value.path !== "string") return [];
  const route = { method: value.method, path: value.path, stream: value.stream === true };
  return [`export const ${name} = ${JSON.stringify(route)};`];
}
