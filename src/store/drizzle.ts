import type * as orm from "drizzle-orm";
import type * as driver from "drizzle-orm/better-sqlite3";
import type * as migrator from "drizzle-orm/better-sqlite3/migrator";
import type * as core from "drizzle-orm/sqlite-core";
import { createRequire } from "node:module";

/**
 * Drizzle by its CommonJS build: its ES modules import each other in circles, and linking them
 * leaves 130 MB behind that the process never gives back (measured on Node 24.21; CommonJS: 20 MB).
 * The types are the same.
 */
const require = createRequire(import.meta.url);

export const {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  like,
  lt,
  lte,
  max,
  ne,
  notInArray,
  or,
  sql,
} = require("drizzle-orm") as typeof orm;
export const { index, integer, primaryKey, sqliteTable, text, uniqueIndex } =
  require("drizzle-orm/sqlite-core") as typeof core;
export const { drizzle } = require("drizzle-orm/better-sqlite3") as typeof driver;
export const { migrate } = require("drizzle-orm/better-sqlite3/migrator") as typeof migrator;

export type { Column, SQL } from "drizzle-orm";
