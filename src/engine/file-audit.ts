import type { AuditEntry, Fact, Known } from "#domain/audit.ts";
import type { HostSettings } from "#domain/host-config.ts";
import { platformActor, type EngineContext } from "./context.ts";
import { difference } from "./people/fact.ts";
import { factsOf, ownerOf, type Subject } from "./people/facts.ts";
import { noteAudit } from "./people/people.ts";

type FileChange = {
  /** Of the configuration directory. */
  readonly file: string;
  /** What is changed: an app, a domain, a key. */
  readonly target: string;
  /** What that is a part of, or is. */
  readonly subject: Subject;
};

/** Makes a change that a file asks for, and notes it. Who wrote it is not known: it stands for them. */
export function changeByFile(
  context: EngineContext,
  { file, target, subject }: FileChange,
  change: () => void,
): void {
  const before = factsOf(context, subject);
  change();
  const changed = difference(before, factsOf(context, subject));
  noteApplied(context, { target, ...ownerOf(context.store, subject), input: { file }, ...changed });
}

/** Notes settings of the server that are not as they were before. No secret is among them. */
export function noteSettings(
  context: EngineContext,
  before: HostSettings,
  settings: HostSettings,
): void {
  const changed = difference(settingsFacts(before), settingsFacts(settings));
  if (Object.keys(changed.after).length === 0) return;
  const ofNone = { appId: null, teamId: null, input: {} };
  noteApplied(context, { target: "settings", ...ofNone, ...changed });
}

function noteApplied(
  context: EngineContext,
  what: Pick<AuditEntry, "target" | "appId" | "teamId" | "input" | "before" | "after">,
): void {
  noteAudit(context, {
    actor: platformActor,
    userId: null,
    door: "platform",
    address: null,
    operation: "host_config.apply",
    ...what,
    outcome: "done",
    code: null,
  });
}

/** Each setting under its name in the file: `mail.port`, `trusted_proxies`. */
function settingsFacts(settings: object, within = ""): Known {
  const known = Object.entries(settings).map(([key, value]: [string, unknown]): Known => {
    const name = within + key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (Array.isArray(value)) return { [name]: { is: value.join(", ") } };
    if (typeof value === "object") return value === null ? {} : settingsFacts(value, `${name}.`);
    // By their schema they are these, lists of these, or objects of both.
    return { [name]: { is: value as Fact["is"] } };
  });
  return Object.assign({}, ...known);
}
