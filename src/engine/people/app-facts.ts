import { parseTarget, type App } from "#domain/app.ts";
import type { Known } from "#domain/audit.ts";
import type { Branch, BranchConfig } from "#domain/branch.ts";
import { identitiesOf } from "#domain/config-var.ts";
import type { Domain } from "#domain/domain-name.ts";
import { shownUrl } from "#domain/drain.ts";
import { buildLimitsOf, limitsOf } from "#domain/limit-choices.ts";
import { limitEntries, renderLimit, type Limits, type SomeLimits } from "#domain/limits.ts";
import { shownAddress, type Notification } from "#domain/notification.ts";
import { namesOfRunning } from "#domain/process-type.ts";
import type { Release } from "#domain/release.ts";
import type { Store } from "#domain/store.ts";
import type { Membership } from "#domain/user.ts";
import { shownOf } from "../receivers.ts";
import { currentIfDeployed } from "../targets.ts";
import { factsOfEach, markOf, usually } from "./fact.ts";

/** What is so about an app, and about one of its branches, or about each when no branch is named. */
export function appFacts(store: Store, target: string): Known {
  const { app: name, branch: wanted } = parseTarget(target);
  const app = store.apps.named(name);
  if (!app) return {};
  const branches = store.branches.of(app.id);
  const asked = branches.filter((it) => wanted === null || it.name === wanted);
  const notifications = store.notifications.list().filter(({ appId }) => appId === app.id);
  return {
    app: { is: name },
    team: { is: store.people.teams.get(app.teamId)?.name ?? "" },
    network: usually(app.network, "open"),
    ...fileFacts(app, asked),
    ...Object.assign({}, ...asked.map((it) => named(it, branchFacts(store, it), wanted))),
    ...drainFacts(store, asked),
    ...factsOfEach(store.domains.of(name), (domain) => [
      `domain ${domain.name}`,
      { is: locationsOf(domain, name).join(", "), mark: markOf(domain) },
    ]),
    ...notificationFacts(notifications),
    ...roles("access", store.people.grants.of(app.id)),
  };
}

/** What is so about a branch, as far as jobs change it. */
export function branchFacts(store: Store, branch: Branch): Known {
  const { mode, config, name } = branch;
  const release = currentIfDeployed(store, branch);
  return {
    branch: { is: name },
    mode: usually(mode === "stopped" ? "stopped" : "serving", "serving"),
    ...(release && { release: { is: release.number } }),
    ...formationFacts(config, release),
    ...limitFacts(config, namesOfRunning(release?.processTypes ?? config.processTypes ?? {})),
    ...factsOfEach(Object.entries(identitiesOf(config.env)), ([key, identity]) => [
      `config var ${key}`,
      { is: "set", mark: markOf(identity) },
    ]),
  };
}

function drainFacts({ drains }: Store, branches: readonly Branch[]): Known {
  const ids = new Set(branches.map(({ id }) => id));
  const mine = drains.list().filter(({ branchId }) => ids.has(branchId));
  return factsOfEach(mine, ({ id, url }) => [`drain ${id}`, { is: shownOf(url, shownUrl) }]);
}

export function notificationFacts(notifications: readonly Notification[]): Known {
  return factsOfEach(notifications, ({ id, kind, address, events }) => {
    const shown = shownOf(address, (text) => shownAddress(kind, text));
    return [
      `notification ${id}`,
      { is: `${kind} ${shown}: ${events.join(", ")}`, mark: address.id },
    ];
  });
}

export function roles(what: string, people: readonly Membership[]): Known {
  return factsOfEach(people, ({ user, role }) => [`${what} ${user}`, { is: role }]);
}

/** Of branches that were not asked for by name, those beside the default one have theirs before each. */
function named(branch: Branch, known: Known, wanted: string | null): Known {
  if (wanted !== null || branch.isDefault) return known;
  const entries = Object.entries(known);
  return Object.fromEntries(entries.map(([name, fact]) => [`@${branch.name} ${name}`, fact]));
}

/** What only files say is told by the file's name. */
function fileFacts({ managedBy }: App, branches: readonly Branch[]): Known {
  if (managedBy === null) return {};
  const rest = branches.map(({ name, isDefault, config }) => {
    const { env: _vars, formation: _counts, limits: _limits, ...own } = config;
    return [name, isDefault, own];
  });
  return { file: { is: managedBy, mark: markOf(rest) } };
}

function formationFacts({ formation }: BranchConfig, release: Release | null): Known {
  const own = Object.entries(release?.processTypes ?? {});
  return {
    ...factsOfEach(own, ([type, { count }]) => [`formation ${type}`, { is: count, usual: true }]),
    ...factsOfEach(Object.entries(formation), ([type, count]) => [
      `formation ${type}`,
      { is: count },
    ]),
  };
}

function limitFacts({ limits }: BranchConfig, types: readonly string[]): Known {
  const told = (what: string, held: Limits, chosen: SomeLimits = {}): Known =>
    factsOfEach(limitEntries, ([name, key]) => [
      `${what} ${name}`,
      { is: renderLimit(key, held[key]), usual: chosen[key] === undefined },
    ]);
  const all = new Set([...types, ...Object.keys(limits.types)]);
  const ofTypes = [...all].map((it) => told(`limit ${it}`, limitsOf(limits, it), limits.types[it]));
  return {
    ...told("limit", limitsOf(limits, null), limits.app),
    ...Object.assign({}, ...ofTypes),
    ...told("build limit", buildLimitsOf(limits), limits.build),
  };
}

/** Where a domain leads within an app: `/ to main web`. */
function locationsOf({ config }: Domain, app: string): string[] {
  return config.locations
    .filter(({ upstream }) => upstream.app === app)
    .map(({ path, upstream }) => `${path} to ${upstream.branch} ${upstream.processType}`);
}
