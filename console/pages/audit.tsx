import { listAudit } from "#api/audit.ts";
import { useAddressValue } from "../data/location.ts";
import { usePages } from "../data/use-list.ts";
import { Answer } from "../parts/answer.tsx";
import { Field } from "../parts/field.tsx";
import { More } from "../parts/more.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";
import { AuditList } from "./audit-list.tsx";

/** Who changed what, from where, and how it ended. */
export function AuditPage() {
  const [app, setApp] = useAddressValue("app");
  const [actor, setActor] = useAddressValue("actor");
  const query = { ...(app && { target: app }), ...(actor && { actor }) };
  const audit = usePages(listAudit, { query }, 50);
  return (
    <>
      <PageHead title="Audit">
        <p className="lead">
          Every change: who, from where, by which door, what it changed, and how it ended.
        </p>
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
              <AuditList entries={list} />
              <More of={audit} />
            </div>
          )
        }
      </Answer>
    </>
  );
}
