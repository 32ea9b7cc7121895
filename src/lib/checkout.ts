import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The directory with Berth's package.json: two above this file, and above the programs in dist/bin. */
export const checkout = join(import.meta.dirname, "..", "..");

/** One of Berth's own programs, as the set-up builds them from `src/bin`. */
export function programOf(code: string, name: string): string {
  return join(code, "dist/bin", `${name}.js`);
}

/** Berth's version, as package.json says it. */
export function ownVersion(): string {
  // Our own package.json has a version.
  const manifest = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
