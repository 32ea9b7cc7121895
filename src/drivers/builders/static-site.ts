import { defineBuilder } from "#domain/builder.ts";

/** A folder with an index.html is a site; there is nothing to build. */
export const staticSite = defineBuilder({
  name: "static",
  summary: "Serves the files as they are, when there is an index.html and nothing to run.",
  detect: (tree) => tree.has("index.html") && !tree.has("package.json") && !tree.has("Procfile"),
  build: async ({ say }) => say("Files are served as they are"),
  processTypes: () => ({
    web: { kind: "static", command: "", directory: "", count: 1, stripPrefix: false },
  }),
});
