import { targetOf } from "#domain/branch.ts";
import { DomainName, type Domain } from "#domain/domain-name.ts";
import { PlatformError } from "#domain/errors.ts";
import { emit, type EngineContext } from "./context.ts";
import { ownHostOf, frontOf } from "./plan/routes.ts";
import { leadsTo, ownerOf, type Publisher } from "./publish.ts";
import { branchAt } from "./targets.ts";

export function listDomains({ store }: EngineContext, target: string | null): Domain[] {
  if (target === null) return store.domains.list();
  const branch = branchAt(store, target);
  return store.domains.list().filter((it) => leadsTo(it, branch));
}

/** @throws {PlatformError} `domain_taken`, `invalid_input` */
export async function addDomain(
  context: EngineContext,
  publisher: Publisher,
  asked: { target: string; domain: string; actor: string },
): Promise<Domain> {
  const { store } = context;
  const branch = branchAt(store, asked.target);
  const name = checkName(asked.domain);
  const isOwn = store.branches
    .list()
    .some((it) => ownHostOf(it, context.hostConfig().settings.suffix) === name);
  if (isOwn)
    throw new PlatformError("domain_taken", { domain: name, owner: "an app of that name" });
  const release =
    branch.currentReleaseId === null ? null : store.releases.get(branch.currentReleaseId);
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

function checkName(text: string): string {
  const valid = DomainName.safeParse(text.toLowerCase());
  if (valid.success) return valid.data;
  const problem = `${JSON.stringify(text.slice(0, 80))}: ${valid.error.issues[0]?.message ?? "not allowed"}`;
  throw new PlatformError("invalid_input", { field: "domain", problem });
}
