import { homedir } from "node:os";
import { createClient } from "#api/client.ts";
import type { Lifecycle } from "#cli/lifecycle.ts";
import { everyItem } from "#cli/pages.ts";
import { problemLines } from "#cli/platform.ts";
import { apiSocketOf } from "#cli/run-cli.ts";
import { checkout } from "#lib/checkout.ts";
import { createTransport } from "#lib/http.ts";
import { createLifecycle } from "#setup/lifecycle.ts";
import { addKey } from "#api/keys.ts";
import { createApp, listApps } from "#api/apps.ts";
import { platformStatus, shutDown } from "#api/platform.ts";
import { firstLink } from "./first-link.ts";

const clientOf = (home: string) =>
  createClient(createTransport({ socketPath: apiSocketOf(home) }), home);

/** What goes around the API, with the few calls of the API that it needs. */
export const lifecycle: Lifecycle = createLifecycle({
  checkout,
  runtime: process.execPath,
  person: homedir(),
  accountHome: "/var/lib/berth",
  api: {
    shutDown: async (home) => void (await clientOf(home)(shutDown, {})),
    appNames: async (home) =>
      (await everyItem(clientOf(home), listApps, {})).map(({ app }) => app.name),
    createApp: async (home, name) => void (await clientOf(home)(createApp, { body: { name } })),
    addKey: async (home, name, line) =>
      void (await clientOf(home)(addKey, { body: { name, key: line } })),
    problems: async (home) => problemLines(await clientOf(home)(platformStatus, {})),
    firstLink: (home) => firstLink(clientOf(home)),
  },
  untilInterrupted: () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => resolve());
    return promise;
  },
});
