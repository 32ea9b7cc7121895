// Builds the console into dist/console: bundled, and each text compressed once for all its readers.
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const [content = ""] = process.argv.slice(2);
const checkout = join(import.meta.dirname, "..");
const target = join(checkout, "dist/console");
const partial = `${target}.${process.pid}.partial`;
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

try {
  await build({
    configFile: join(checkout, "console/vite.config.ts"),
    configLoader: "native",
    logLevel: "warn",
    build: { outDir: partial },
  });
  for (const entry of readdirSync(partial, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path);
    writeFileSync(`${path}.br`, brotliCompressSync(text, quality));
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
  }
  writeFileSync(join(partial, "content"), content);
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
} finally {
  rmSync(partial, { recursive: true, force: true });
}
