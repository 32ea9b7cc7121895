import { z } from "zod";

/** What somebody may be allowed to do with an app; with the apps of a team; with all of them. */
export const rightCatalog = {
  read: "see the app: state, releases, jobs, logs, events, domains; clone its code",
  deploy: "push code and build it again",
  release: "make another release current: roll back",
  operate: "restart, stop, start and scale",
  configure: "set config vars and domains",
  run: "run one-off commands, which see the app's environment and data; see what they printed",
  reveal: "see the values of config vars",
  admin: "destroy it, hand it to another team, say who may do what with it",
} as const satisfies Record<string, string>;

export type Right = keyof typeof rightCatalog;
export const rights = Object.keys(rightCatalog) as readonly Right[];

/** A role is a set of rights with a name. */
export const roleCatalog = {
  viewer: ["read"],
  deployer: ["read", "deploy", "release", "operate", "configure"],
  admin: rights,
} as const satisfies Record<string, readonly Right[]>;

export type RoleName = keyof typeof roleCatalog;

const rolePattern = new RegExp(
  `^(${Object.keys(roleCatalog).join("|")})((?:[+-](?:${rights.join("|")}))*)$`,
);

/** `deployer`, or with rights added and taken away: `deployer+reveal-release`. */
export const Role = z
  .string()
  .max(100)
  .regex(
    rolePattern,
    "write viewer, deployer or admin, and rights after it to add or take away, as deployer+reveal-release",
  )
  .describe("viewer, deployer or admin, with rights added or taken away: deployer+reveal-release.");

/** The rights that a role gives. What is no role gives none. */
export function rightsOf(role: string): ReadonlySet<Right> {
  const [, name = "", changes = ""] = rolePattern.exec(role) ?? [];
  if (!(name in roleCatalog)) return new Set();
  // The pattern lets only names of roles and rights through.
  const given = new Set<Right>(roleCatalog[name as RoleName]);
  for (const [, sign, right] of changes.matchAll(/([+-])(\w+)/g)) {
    if (sign === "+") given.add(right as Right);
    else given.delete(right as Right);
  }
  // Whoever may do anything with an app must be able to see it.
  return given.size > 0 ? given.add("read") : given;
}
