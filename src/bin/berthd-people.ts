import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Logger } from "pino";
import { consoleUrlOf, type HostConfig } from "#domain/host-config.ts";
import type { SignIn, SignInRows } from "#domain/sign-in.ts";
import type { Store } from "#domain/store.ts";
import { createSignIn } from "#drivers/sign-in/sign-in.ts";
import { hashOf } from "#engine/people/callers.ts";
import { machineClock } from "#lib/clock.ts";
import type { Surroundings } from "#server/http/sign-in.ts";
import type { HomeLayout } from "#setup/layout.ts";
import { ensureToken } from "#setup/token.ts";

/** How people sign in, as the configuration says at the time. */
export async function signInOf(given: {
  readonly layout: HomeLayout;
  readonly store: Store;
  readonly hostConfig: () => HostConfig;
  readonly log: Logger;
}): Promise<(rows: SignInRows) => SignIn> {
  const { layout, store, hostConfig, log } = given;
  const options = {
    secret: await ensureToken(layout.signInKey),
    url: () => consoleUrlOf(hostConfig().settings),
    signOn: () => {
      const { issuer, ...rest } = hostConfig().settings.signOn;
      return issuer === null ? null : { issuer, ...rest };
    },
    readSecret: (file: string) => readFile(resolve(layout.config, file), "utf8"),
    takeLink: (secret: string) => store.people.links.take(hashOf(secret), machineClock.now()),
    now: machineClock.now,
    log,
  };
  return (rows) => createSignIn({ ...options, rows });
}

/** How browsers reach the server. */
export function surroundingsOf(hostConfig: () => HostConfig): Surroundings {
  const settings = () => hostConfig().settings;
  return {
    url: () => consoleUrlOf(settings()),
    trustedProxies: () => settings().trustedProxies,
    signOnName: () => (settings().signOn.issuer === null ? null : settings().signOn.name),
  };
}
