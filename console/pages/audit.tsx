import { listAudit } from "#api/audit.ts";
import type { AuditView } from "#api/people-views.ts";
import { useAddressValue } from "../data/location.ts";
import { useList } from "../data/use-operation.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { Field } from "../parts/field.tsx";
import { useMore } from "../parts/more.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago, Foreign } from "../parts/text.tsx";

/** Who changed what, from where, and how it ended. */
export function AuditPage() {
  const [app, setApp] = useAddressValue("app");
  const [actor, setActor] = useAddressValue("actor");
  const { limit, moreOf } = useMore(100);
  const query = { limit, ...(app && { target: app }), ...(actor && { actor }) };
  const audit = useList(listAudit, { query }, { keepsFormer: true });
  return (
    <>
      <PageHead title="Audit">
        <p className="lead">Every change: who, from where, by which door, and how it ended.</p>
      </PageHead>
      <div className="filters filters-start">
        <Field label="App" type="search" value={app} onText={setApp} />
        <Field label="Who" type="search" value={actor} onText={setActor} />
      </div>
      <Answer of={audit} rows={8}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="Nothing was changed yet, as far as you may see." />
          ) : (
            <div className="sheet">
              <ul className="rows">
                {list.map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
              </ul>
              {moreOf(list.length)}
            </div>
          )
        }
      </Answer>
    </>
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
        <p className="aside clip">{factsOf(entry)}</p>
      </div>
      <p className="row-aside aside">
        <Ago at={at} />
        <span className="clip">
          {door}
          {address !== null && ` from ${address}`}
        </span>
      </p>
    </li>
  );
}

function toneOf(outcome: string) {
  return Object.hasOwn(tones, outcome) ? tones[outcome as keyof typeof tones] : "quiet";
}

/** What was given and what changed, without secrets, as the server tells it. */
function factsOf({ input, before, after }: AuditView): string {
  const given = Object.entries(input)
    .filter(([, value]) => value !== "null")
    .map(([name, value]) => `${name}=${value}`);
  const changed = Object.entries(after).map(
    ([name, value]) => `${name}: ${before[name] ?? "nothing"} → ${value}`,
  );
  return plainText([...given, ...changed].join("  "), 400);
}
