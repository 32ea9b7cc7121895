import { listKeys, removeKey } from "#api/keys.ts";
import type { KeyView } from "#api/views.ts";
import { useAction, useList } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { Ago, Foreign } from "../parts/text.tsx";
import { AddKey } from "./add-key.tsx";

/** The public keys that may push and run commands. */
export function KeysPage() {
  const keys = useList(listKeys, {});
  return (
    <>
      <PageHead title="Keys">
        <p className="lead">Whoever has one of these keys may push, and run commands over SSH.</p>
      </PageHead>
      <div className="columns">
        <Panel title="Public keys" className="wide">
          <Answer of={keys}>{(list) => <KeyList keys={list} />}</Answer>
        </Panel>
        <Panel title="Add a key" className="wide">
          <AddKey />
        </Panel>
      </div>
    </>
  );
}

function KeyList({ keys }: { keys: readonly KeyView[] }) {
  const remove = useAction(removeKey, ({ removed }) => notify(`The key ${removed} is shut out.`));
  if (keys.length === 0) return <Empty title="No key yet, so nobody can push." />;
  return (
    <>
      {remove.error && <ErrorNote error={remove.error} />}
      <ul className="rows">
        {keys.map((key) => (
          <li key={key.name} className="row">
            <div className="row-main">
              <p>
                <Foreign text={key.name} />
              </p>
              <p className="aside clip">
                {key.type} · <code>{key.fingerprint}</code>
              </p>
            </div>
            <p className="aside">
              <Ago at={key.createdAt} />
            </p>
            {key.managedBy === null ? (
              <button
                type="button"
                className="button small"
                onClick={() => remove.mutate({ params: { name: key.name } })}
              >
                Remove<span className="unseen"> {key.name}</span>
              </button>
            ) : (
              <span className="aside">from {plainFile(key.managedBy)}</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function plainFile(path: string): string {
  return path.split("/").slice(-2).join("/");
}
