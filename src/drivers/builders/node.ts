import { defineBuilder, type Tree } from "#domain/builder.ts";
import { PlatformError } from "#domain/errors.ts";

/** npm: dependencies, and a `build` script where there is one. */
export const node = defineBuilder({
  name: "node",
  summary: "Installs what package.json names and runs its build script.",
  detect: (tree) => tree.has("package.json"),
  async build({ tree, run, say }) {
    const manifest = manifestOf(tree);
    const needs = {
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    };
    if (Object.keys(needs).length === 0) say("No dependencies to install");
    else
      await run(
        tree.has("package-lock.json")
          ? "npm ci --no-audit --no-fund"
          : "npm install --no-audit --no-fund",
      );
    if (manifest.scripts["build"] !== undefined) await run("npm run build");
  },
  processTypes: (tree) => {
    const { start } = manifestOf(tree).scripts;
    if (start !== undefined) return { web: web("npm start") };
    return tree.has("server.js") ? { web: web("node server.js") } : {};
  },
});

type Manifest = {
  readonly scripts: Readonly<Record<string, unknown>>;
  readonly dependencies: object;
  readonly devDependencies: object;
  readonly optionalDependencies: object;
};

/**
 * What of a package.json concerns us.
 * @throws {PlatformError} `build_failed` for one that npm could not read either.
 */
function manifestOf(tree: Tree): Manifest {
  const none = { scripts: {}, dependencies: {}, devDependencies: {}, optionalDependencies: {} };
  const objects = Object.entries(parseManifest(tree)).filter(
    ([, value]) => typeof value === "object" && value !== null,
  );
  return { ...none, ...Object.fromEntries(objects) };
}

function parseManifest(tree: Tree): object {
  const text = tree.read("package.json");
  if (text === null) throw unreadable("it is larger than 1 MiB");
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof manifest === "object" && manifest !== null) return manifest;
  } catch (error) {
    throw unreadable(`it is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
  throw unreadable("it holds no object");
}

function unreadable(problem: string): PlatformError {
  return new PlatformError("build_failed", { step: "Reading package.json", problem });
}

function web(command: string) {
  return { kind: "web", command, directory: "", count: 1, stripPrefix: false } as const;
}
