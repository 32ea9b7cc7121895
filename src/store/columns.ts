import { integer } from "./drizzle.ts";

export const id = () => integer("id").primaryKey({ autoIncrement: true });
export const time = (name: string) => integer(name, { mode: "timestamp_ms" });
export const boolean = (name: string) => integer(name, { mode: "boolean" });
