import { listKeys, removeKey } from "#api/keys.ts";
import type { KeyView } from "#api/views.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
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
          <Rows of={keys} empty={<Empty title="No key yet, so nobody can push." />}>
            {(key) => <Key key={key.name} of={key} />}
          </Rows>
        </Panel>
        <Panel title="Add a key" className="wide">
          <AddKey />
        </Panel>
      </div>
    </>
  );
}

function Key({ of }: { of: KeyView }) {
  const { name, type, fingerprint, user, managedBy, createdAt } = of;
  const remove = useAction(removeKey, ({ removed }) => notify(`The key ${removed} is shut out.`));
  return (
    <li className="row">
      <div className="row-main">
        <p className="clip">
          <Foreign text={name} /> {user !== null && <span className="aside">of {user}</span>}
        </p>
        <p className="aside clip">
          {type} · <code>{fingerprint}</code>
        </p>
      </div>
      <p className="aside">
        <Ago at={createdAt} />
      </p>
      {managedBy === null ? (
        <Confirm words="Remove" name={name} onConfirm={() => remove.mutate({ params: { name } })}>
          Whoever has it pushes no more, and runs no command.
        </Confirm>
      ) : (
        <span className="aside">from {plainFile(managedBy)}</span>
      )}
      {remove.error && <ErrorNote error={remove.error} />}
    </li>
  );
}

function plainFile(path: string): string {
  return path.split("/").slice(-2).join("/");
}
