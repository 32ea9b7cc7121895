import type { BranchTrafficView } from "#api/metrics.ts";
import type { AppStatusView, BranchView } from "#api/views.ts";

/** An app as the list shows it: its default branch stands for it. */
export type ListedApp = {
  readonly name: string;
  readonly team: string;
  readonly main: BranchView | null;
  readonly others: readonly BranchView[];
  readonly traffic: BranchTrafficView | null;
};

export function listedApp(
  { app, team, branches }: AppStatusView,
  traffic: ReadonlyMap<string, BranchTrafficView>,
): ListedApp {
  return {
    name: app.name,
    team,
    main: branches.find(({ isDefault }) => isDefault) ?? null,
    others: branches.filter(({ isDefault }) => !isDefault),
    traffic: traffic.get(app.name) ?? null,
  };
}

/** Ways to put apps in order; those with the same value are by name. */
export const appOrders = {
  name: { name: "by name", rank: () => 0 },
  state: { name: "trouble first", rank: (app) => -Math.max(...branchesOf(app).map(troubleOf)) },
  traffic: { name: "most requests first", rank: (app) => -requestsOf(app) },
  memory: { name: "most memory first", rank: ({ traffic }) => -(traffic?.memoryBytes ?? 0) },
  deployed: { name: "last deployed first", rank: ({ main }) => -deployedAt(main) },
} as const satisfies Record<string, Order>;

type Order = { readonly name: string; readonly rank: (app: ListedApp) => number };
export type AppOrder = keyof typeof appOrders;

export function isAppOrder(text: string): text is AppOrder {
  return Object.hasOwn(appOrders, text);
}

export type AppFilter = {
  readonly find: string;
  /** Of one of its branches; any when empty, as the team. */
  readonly state: string;
  readonly team: string;
};

/** The apps that pass the filter, in that order. */
export function chooseApps(
  apps: readonly ListedApp[],
  { find, state, team }: AppFilter,
  order: AppOrder,
): ListedApp[] {
  const words = find.toLowerCase();
  const { rank }: Order = appOrders[order];
  return apps
    .filter((app) => app.name.includes(words))
    .filter((app) => team === "" || app.team === team)
    .filter((app) => state === "" || branchesOf(app).some((it) => it.state === state))
    .toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function branchesOf({ main, others }: ListedApp): readonly BranchView[] {
  return main ? [main, ...others] : others;
}

const troubles: readonly BranchView["state"][] = ["crashing", "held", "starting", "stopped"];

/** The worse, the more. */
function troubleOf({ state }: BranchView): number {
  const place = troubles.indexOf(state);
  return place < 0 ? 0 : troubles.length - place;
}

/** In the last hour. */
export function requestsOf({ traffic }: ListedApp): number {
  return (traffic?.requests ?? []).reduce((sum, count) => sum + count, 0);
}

function deployedAt(main: BranchView | null): number {
  return main?.current ? Date.parse(main.current.createdAt) : 0;
}
