import { targetOf } from "#domain/branch.ts";
import { DomainName, type Domain } from "#domain/domain-name.ts";
import { PlatformError } from "#domain/errors.ts";
import { consoleUrlOf, type HostSettings } from "#domain/host-config.ts";
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
  if (name.slice(name.indexOf(".") + 1) === settings.suffix)
    return `what is below ${settings.suffix} is kept for the apps of these names`;
  return consoleProblem(name, settings);
}

/** Why the console keeps a host name, or a pattern of them, from all apps. */
export function consoleProblem(name: string, settings: HostSettings): string | null {
  const { hostname } = new URL(consoleUrlOf(settings));
  const isConsoles = name === hostname || (name[0] === "*" && hostname.endsWith(name.slice(1)));
  return isConsoles ? `the console answers at ${hostname}` : null;
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
