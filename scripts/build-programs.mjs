// Builds Berth's own programs into dist/bin: a few files each, which start in half of the time.
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "vite";

const [content = ""] = process.argv.slice(2);
const checkout = join(import.meta.dirname, "..");
const target = join(checkout, "dist/bin");
const partial = `${target}.${process.pid}.partial`;
/** What is native, or loaded when somebody asks for it, stays where npm put it. */
const apart = [
  "@better-auth/passkey",
  "@lydell/node-pty",
  "better-auth",
  "better-sqlite3",
  "nodemailer",
];
/** In one file Drizzle's ES modules do no harm: what the sources ask for as they run is imported. */
const drizzleImported = {
  name: "drizzle-imported",
  enforce: "pre",
  transform: (code, id) => {
    if (id !== join(checkout, "src/store/drizzle.ts")) return null;
    return code.replaceAll(/const (\{[^}]*\})\s*=\s*require\((".*?")\).*?;/gs, "$1 from $2;");
  },
};
const programs = readdirSync(join(checkout, "src/bin")).filter((name) => !/\.test\./.test(name));

try {
  await build({
    configFile: false,
    root: checkout,
    publicDir: false,
    logLevel: "warn",
    plugins: [drizzleImported],
    ssr: { noExternal: true, external: apart },
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
