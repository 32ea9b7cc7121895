import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

type Declared = { readonly method?: unknown; readonly path?: unknown; readonly stream?: unknown };

const declarations = join(import.meta.dirname, "../src/api");

/**
 * In the browser an operation is its route and nothing else: a module of `src/api` is replaced by
 * its exported operations, and tables of them, each cut down to method, path and whether it streams.
 * So the console is typed by the declarations and carries none of their schemas.
 */
export function routesOnly(): Plugin {
  return {
    name: "berth:routes-only",
    enforce: "pre",
    async load(id) {
      const file = id.split("?")[0] ?? "";
      if (dirname(file) !== declarations || !basename(file).endsWith(".ts")) return null;
      // A module's exports can be anything; what is not an operation is left out.
      const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      return Object.entries(exported).flatMap(exportOf).join("\n");
    },
  };
}

function exportOf([name, value]: [string, unknown]): string[] {
  const routes = routeOf(value) ?? tableOf(value);
  return routes === null ? [] : [`export const ${name} = ${JSON.stringify(routes)};`];
}

function tableOf(value: unknown): object | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const routes = Object.entries(value).map(([name, it]) => [name, routeOf(it)] as const);
  const isTable = routes.length > 0 && routes.every(([, route]) => route !== null);
  return isTable ? Object.fromEntries(routes) : null;
}

function routeOf(value: unknown): object | null {
  const { method, path, stream } = (value ?? {}) as Declared;
  if (typeof method !== "string" || typeof path !== "string") return null;
  return { method, path, stream: stream === true };
}
