import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { routesOnly } from "./routes-only.ts";

const berthd = process.env["BERTH_URL"] ?? "http://127.0.0.1:42500";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [routesOnly(), react()],
  build: {
    outDir: "../dist/console",
    emptyOutDir: false,
    target: ["es2023", "chrome123", "firefox128", "safari17.5"],
    // Everything stands in files of its own: the content security policy allows nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { port: 42510, proxy: { "/api": { target: berthd, changeOrigin: true } } },
});
