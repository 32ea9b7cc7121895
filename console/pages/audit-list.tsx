import type { AuditView } from "#api/people-views.ts";
import { plainText } from "../lib/text.ts";
import { Badge } from "../parts/state.tsx";
import { Ago, Foreign } from "../parts/text.tsx";

/** Changes, the newest first: who, what, by which door, and how it ended. */
export function AuditList({ entries }: { entries: readonly AuditView[] }) {
  return (
    <ul className="rows">
      {entries.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </ul>
  );
}

const tones = { done: "good", refused: "busy", failed: "bad" } as const;

function Entry({ entry }: { entry: AuditView }) {
  const { operation, target, actor, door, address, at, outcome, code } = entry;
  return (
    <li className="row">
      <Badge tone={toneOf(outcome)}>{outcome}</Badge>
      <div className="row-main">
        <p className="clip">
          <Foreign text={actor} /> <code>{operation}</code>{" "}
          {target !== null && <Foreign text={target} />}{" "}
          {code && <span className="aside">{code}</span>}
        </p>
        <p className="aside">{plainText(entry.changes.join(" · "), 1000)}</p>
      </div>
      <p className="row-aside aside">
        <Ago at={at} />
        <span className="clip">
          {door}
          {address !== null && ` from ${plainText(address, 100)}`}
        </span>
      </p>
    </li>
  );
}

function toneOf(outcome: string) {
  return Object.hasOwn(tones, outcome) ? tones[outcome as keyof typeof tones] : "quiet";
}
