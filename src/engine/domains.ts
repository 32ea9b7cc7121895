import { targetOf, type Branch } from "#domain/branch.ts";
import { DomainName, type Domain } from "#domain/domain-name.ts";
import { PlatformError } from "#domain/errors.ts";
import { consoleUrlOf, type HostSettings } from "#domain/host-config.ts";
import type { Store } from "#domain/store.ts";
import { emit, type EngineContext } from "./context.ts";
import { ownHostOf, frontOf } from "./plan/routes.ts";
import { domainsOf, ownerOf, type Publisher } from "./publish.ts";
import { branchAt, currentIfDeployed } from "./targets.ts";

/** The router keeps all domains in a memory that all apps share. */
const domainsMax = 250;

export function listDomains({ store }: EngineContext, target: string | null): Domain[] {
  if (target === null) return store.domains.list();
  return domainsOf(store, branchAt(store, target));
}

/** One that leads there already is left as it is. @throws {PlatformError} `domain_taken`, `invalid_input` */
export async function addDomain(
  context: EngineContext,
  publisher: Publisher,
  asked: { target: string; domain: string; actor: string },
): Promise<Domain> {
  const { store } = context;
  const branch = branchAt(store, asked.target);
  const name = checkName(asked.domain);
  const mine = listDomains(context, asked.target);
  const already = mine.find((it) => it.name === name);
  if (already) return already;
  const { settings } = context.hostConfig();
  const isOwn = store.branches.list().some((it) => ownHostOf(it, settings.suffix) === name);
  if (isOwn)
    throw new PlatformError("domain_taken", { domain: name, owner: "an app of that name" });
  const reason = keptFor(name, settings);
  if (reason !== null) throw refusal(name, reason);
  const release = currentIfDeployed(store, branch);
  const processType = frontOf(release?.processTypes ?? branch.config.processTypes);
  const upstream = { app: branch.appName, branch: branch.name, processType };
  const domain = {
    name,
    managedBy: null,
    config: {
      locations: [{ path: "/", upstream, maintenance: null }],
      ssl: false,
      certificate: null,
      key: null,
    },
  };
  if (mine.length >= domainsMax)
    throw refusal(name, `${asked.target} has ${domainsMax} domains, as many as it may`);
  store.transaction(() => {
    const taken = store.domains.get(name);
    if (taken) throw new PlatformError("domain_taken", { domain: name, owner: ownerOf(taken) });
    refuseOverlap(store, name, branch);
    store.domains.set(domain);
    emit(context, "domain.added", {
      branch,
      actor: asked.actor,
      message: `${name} leads to ${targetOf(branch)}.`,
    });
  });
  await publisher.domains([name]);
  return domain;
}

/** @throws {PlatformError} `domain_not_found`, `managed_by_file` */
export async function removeDomain(
  context: EngineContext,
  publisher: Publisher,
  asked: { target: string; domain: string; actor: string },
): Promise<void> {
  const { store } = context;
  const branch = branchAt(store, asked.target);
  const found = listDomains(context, asked.target).find(
    ({ name }) => name === asked.domain.toLowerCase(),
  );
  if (!found)
    throw new PlatformError("domain_not_found", { target: targetOf(branch), domain: asked.domain });
  if (found.managedBy)
    throw new PlatformError("managed_by_file", { what: found.name, file: found.managedBy });
  store.transaction(() => {
    store.domains.remove(found.name);
    const message = `${found.name} was taken away from ${targetOf(branch)}.`;
    emit(context, "domain.removed", { branch, actor: asked.actor, message });
  });
  await publisher.domains([found.name]);
}

/**
 * Why no app may take a name: what would come to it are visits to apps and branches that are not made
 * yet, or the cookies of the console, which a browser sends to every port of its host.
 */
function keptFor(name: string, settings: HostSettings): string | null {
  const isBelow = name.slice(name.indexOf(".") + 1) === settings.suffix;
  if (isBelow || covers(name, `any.${settings.suffix}`))
    return `what is below ${settings.suffix} is kept for the apps of these names`;
  return consoleProblem(name, settings);
}

/** Why the console keeps a host name, or a pattern of them, from all apps. */
export function consoleProblem(name: string, settings: HostSettings): string | null {
  const { hostname } = new URL(consoleUrlOf(settings));
  // A browser sends what it got at http://203.0.113.7:42500 to every other port there.
  const isOpen = !isLoopback(settings.listen.apiAddress);
  if (isAddress(name) && (isOpen || isLoopback(name))) return "the console may answer there, too";
  const isConsoles = name === hostname || covers(name, hostname);
  return isConsoles ? `the console answers at ${hostname}` : null;
}

/**
 * Of two names the longer one gets the visits, so a wildcard of one team is not cut into by another,
 * nor put around what another has. The administrator's files may.
 * @throws {PlatformError} `domain_taken`
 */
function refuseOverlap(store: Store, name: string, { appId }: Branch): void {
  const teamId = store.apps.get(appId)?.teamId;
  const isOthers = ({ config }: Domain) =>
    config.locations.some(({ upstream }) => store.apps.named(upstream.app)?.teamId !== teamId);
  const above = wildcardsOver(name).flatMap((it) => store.domains.get(it) ?? []);
  const below = name[0] === "*" ? store.domains.list().filter((it) => covers(name, it.name)) : [];
  const other = [...above, ...below].find(isOthers);
  if (other) throw new PlatformError("domain_taken", { domain: other.name, owner: ownerOf(other) });
}

/** `*.shop.example.com`, `*.example.com` and `*.com` for `www.shop.example.com`. */
function wildcardsOver(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, at) => `*.${labels.slice(at + 1).join(".")}`);
}

/** Whether a pattern stands for a name, or for all that another pattern does. */
function covers(pattern: string, name: string): boolean {
  return pattern[0] === "*" && pattern !== name && name.endsWith(pattern.slice(1));
}

/** What a browser takes for an address, and asks for as one. @see https://url.spec.whatwg.org/#ends-in-a-number-checker */
function isAddress(name: string): boolean {
  return /(?:^|\.)\d+$/.test(name);
}

function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || address.startsWith("127.");
}

function checkName(text: string): string {
  const valid = DomainName.safeParse(text.toLowerCase());
  if (valid.success) return valid.data;
  throw refusal(text, valid.error.issues[0]?.message ?? "not allowed");
}

function refusal(name: string, reason: string): PlatformError {
  const problem = `${JSON.stringify(name.slice(0, 80))}: ${reason}`;
  return new PlatformError("invalid_input", { field: "domain", problem });
}
