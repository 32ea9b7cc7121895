import type { Facts } from "#domain/audit.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { difference, factsOf } from "./people/facts.ts";
import { noteAudit } from "./people/people.ts";

type FileChange = {
  /** Of the configuration directory. */
  readonly file: string;
  /** What was changed: an app, a domain, a key. */
  readonly target: string;
  /** The app that it concerns, and what was so of it before. */
  readonly app?: { readonly name: string; readonly before: Facts };
};

/** Notes what a file has changed. Who wrote it is not known: it is named in their place. */
export function noteFileChange(context: EngineContext, change: FileChange): void {
  const { file, target, app } = change;
  const row = app ? context.store.apps.named(app.name) : null;
  const facts = app ? difference(app.before, factsOf(context.store, { app: app.name })) : none;
  noteAudit(context, {
    actor: platformActor,
    userId: null,
    door: "platform",
    address: null,
    operation: "host_config.apply",
    target,
    appId: row?.id ?? null,
    teamId: row?.teamId ?? null,
    input: { file },
    ...facts,
    outcome: "done",
    code: null,
  });
}

const none = { before: {}, after: {} };
