// Builds Berth's own programs into dist/bin: a few files each, which start in half of the time.
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "vite";

const [content = ""] = process.argv.slice(2);
const checkout = join(import.meta.dirname, "..");
const target = join(checkout, "dist/bin");
const partial = `${target}.${process.pid}.partial`;
const programs = readdirSync(join(checkout, "src/bin")).filter((name) => !/\.test\./.test(name));

try {
  await build({
    configFile: false,
    root: checkout,
    publicDir: false,
    logLevel: "warn",
    // Of the packages, what every program loads becomes part of it; the rest stays where npm put it.
    ssr: { noExternal: ["commander", "yaml", "zod"] },
    build: {
      ssr: true,
      outDir: partial,
      target: "node24",
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(
          programs.map((name) => [basename(name, ".ts"), join(checkout, "src/bin", name)]),
        ),
        // Two folders below the checkout, as the sources are.
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
  writeFileSync(join(partial, "content"), content);
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
} finally {
  rmSync(partial, { recursive: true, force: true });
}
