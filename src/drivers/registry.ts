import type { Builder } from "#domain/builder.ts";
import { node } from "./builders/node.ts";
import { staticSite } from "./builders/static-site.ts";

/** In the order in which they build; each that applies has its turn. */
export const builders: readonly Builder[] = [node, staticSite];
