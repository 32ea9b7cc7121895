import { join } from "node:path";
import type { HostSettings } from "#domain/host-config.ts";
import { homeLayout } from "./layout.ts";
import type { Installation } from "./up.ts";

type Doors = {
  readonly checkout: string;
  readonly accountHome: string;
  /** The person's own home directory. */
  readonly person: string;
  readonly installation: Pick<Installation, "account" | "home">;
  readonly settings: HostSettings;
  /** A one-time sign-in link, as long as nobody can sign in without one. */
  readonly link: string | null;
};

/** What somebody who has just started Berth wants to know, line by line. */
export function renderDoors({ checkout, accountHome, person, link, ...begun }: Doors): string[] {
  const { account, home } = begun.installation;
  const { ssh, api, apiAddress } = begun.settings.listen;
  const remote = `ssh://${account.name}@localhost:${ssh}`;
  const berth = join(checkout, "bin/berth");
  const isUsual = [accountHome, join(person, ".local/share/berth")].includes(home);
  return [
    ...(link === null ? [] : [`Sign in      ${link}  (once, within 15 minutes)`]),
    `Git remote   ${remote}/<app>`,
    `API          http://${apiAddress === "0.0.0.0" ? "localhost" : apiAddress}:${api}  (token: ${homeLayout(home).token})`,
    `Home         ${home}`,
    "",
    "Your own app, in its git repository:",
    ...(isUsual ? [] : [`  export BERTH_HOME=${home}`]),
    `  ${berth} apps:create shop`,
    `  git remote add berth ${remote}/shop`,
    "  git push berth main",
    `A key that may push:  ${berth} keys:add laptop ~/.ssh/id_ed25519.pub`,
    `All commands:         ${berth} help`,
    "",
  ];
}
