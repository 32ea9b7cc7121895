import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["schema", "people-schema", "access-schema"].map((name) => `./src/store/${name}.ts`),
  out: "./src/store/migrations",
});
