import type { Operation } from "#api/operation.ts";
import { operations } from "#api/operations.ts";
import { authorize } from "#domain/authorize.ts";
import { fullAccess, noAccess, type Access, type Caller } from "#domain/caller.ts";
import { rightCatalog, rightsOf, roleCatalog } from "#domain/rights.ts";

const app = { id: 1, teamId: 1 };
const teamRoles = ["viewer", "deployer", "admin"] as const;

/** Somebody with a role in the team of `app`, or with none. */
export function accessAs(role: (typeof teamRoles)[number] | null): Access {
  return role === null ? noAccess : { ...noAccess, teams: new Map([[1, rightsOf(role)]]) };
}

/** What the page says of one operation: who may use it on their own team's app. */
function rowOf({ id, needs, method }: Operation): string[] {
  const may = (access: Access, kind: Caller["kind"]): string => {
    const caller = { ...nobody, kind, access };
    const reach = needs.startsWith("team:") ? { team: 1 } : needs.startsWith("app:") ? { app } : {};
    return authorize(caller, needs, reach) === "allowed" ? "yes" : "no";
  };
  return [
    `\`${id}\``,
    `\`${needs}\``,
    ...teamRoles.map((role) => may(accessAs(role), "user")),
    may(fullAccess, "user"),
    needs === "own:change" || method === "GET" ? may(fullAccess, "token") : "as its owner",
  ];
}

const nobody: Omit<Caller, "access"> = {
  kind: "user",
  actor: "somebody",
  userId: "u",
  sessionId: null,
  door: "api",
  address: null,
};

/** The page `permissions.md`: rights, roles, and what each operation needs. */
export function renderPermissions(table: (head: string[], rows: string[][]) => string): string {
  const rights = Object.entries(rightCatalog).map(([right, meaning]) => [
    `\`${right}\``,
    `may ${meaning}`,
    ...teamRoles.map((role) =>
      (roleCatalog[role] as readonly string[]).includes(right) ? "yes" : "no",
    ),
  ]);
  return `## Rights and roles

${table(["Right", "Whoever has it", ...teamRoles], rights)}

## Operations

What somebody may do with an app of their team, by their role in it. For the app of a team that they are not in, each
\`app\` operation answers as for one that does not exist. \`apps\` and \`teams\` lists hold what they may see. A grant for one
app counts as the role in its team. The same holds through every door: console, API, commands, SSH and git push.

${table(["Operation", "Needs", ...teamRoles, "superuser", "a token"], operations.map(rowOf))}`;
}
