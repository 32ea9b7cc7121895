import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import type { DomainView } from "#api/views.ts";
import { command } from "./command.ts";
import { listCommand } from "./list-command.ts";

export const domainCommands = [
  listCommand({
    usage: "domains [app]",
    target: "optional",
    example: "domains -a shop",
    operation: listDomains,
    input: ({ target, args: [app = ""] }) => {
      const named = target || app;
      return { query: named === "" ? {} : { target: named } };
    },
    print: (domains, { out, target }) =>
      out.table(
        ["DOMAIN", "PATH", "SERVED BY", "TLS", "MANAGED BY"],
        domains.flatMap(rowsOf),
        emptyText(target),
      ),
  }),
  command({
    usage: "domains:add <domain>",
    target: "needed",
    example: "domains:add shop.example.com -a shop",
    operation: addDomain,
    input: ({ target, args: [domain = ""] }) => ({ params: { target }, body: { domain } }),
    print: (domain, out, { target }) => out.line(`${target} now answers at ${domain.name}.`),
  }),
  command({
    usage: "domains:remove <domain>",
    target: "needed",
    example: "domains:remove shop.example.com -a shop",
    operation: removeDomain,
    input: ({ target, args: [domain = ""] }) => ({ params: { target, domain } }),
    print: ({ removed }, out, { target }) =>
      out.line(`${target} does not answer at ${removed} any more.`),
  }),
];

function emptyText(target: string): string {
  const add = `Add one: berth domains:add shop.example.com -a ${target || "shop"}`;
  return target === "" ? `No domains yet. ${add}` : `${target} has no domains. ${add}`;
}

function rowsOf({ name, config, managedBy }: DomainView): string[][] {
  return config.locations.map(({ path, upstream }) => [
    name,
    path,
    `${upstream.app}@${upstream.branch} ${upstream.processType}`,
    config.ssl ? "yes" : "no",
    managedBy ?? "-",
  ]);
}
