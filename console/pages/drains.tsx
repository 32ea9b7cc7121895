import { useState, type FormEvent } from "react";
import { addDrain, listDrains, removeDrain, type DrainView } from "#api/drains.ts";
import { useLive } from "../data/live.tsx";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { renderBytes, renderCount } from "../lib/format.ts";
import { Rows } from "../parts/answer.tsx";
import { Field, TextArea } from "../parts/field.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { Receiver } from "../parts/receiver.tsx";

/** Where the logs of a branch are sent beside being kept here. */
export function Drains({ target }: { target: string }) {
  const drains = useList(listDrains, { params: { target } });
  useLive(`drains:${target}`);
  return (
    <Panel title="Log drains" className="wide">
      <Rows
        of={drains}
        rows={2}
        empty={
          <Empty title="No drain yet.">
            <p>A drain sends what the app prints and the router answers to a log service.</p>
          </Empty>
        }
      >
        {(drain) => <Drain key={drain.id} target={target} drain={drain} />}
      </Rows>
      <AddDrain target={target} />
    </Panel>
  );
}

function Drain({ target, drain }: { target: string; drain: DrainView }) {
  const { id, url, lastSuccessAt } = drain;
  const remove = useAction(removeDrain, () => notify(`Nothing more is sent to ${url}.`));
  return (
    <Receiver
      of={{ ...drain, address: url }}
      state={lastSuccessAt === null ? ["quiet", "idle"] : ["good", "sending"]}
      facts={factsOf(drain)}
      error={remove.error}
      onRemove={() => remove.mutate({ params: { target, drain: id } })}
    >
      What waits for it is not sent any more. The logs are kept here as before.
    </Receiver>
  );
}

function factsOf({ sentLines, waitingBytes, skippedBytes }: DrainView): string {
  const parts = [`${renderCount(sentLines)} lines sent`];
  if (waitingBytes > 0) parts.push(`${renderBytes(waitingBytes)} waiting`);
  if (skippedBytes > 0) parts.push(`${renderBytes(skippedBytes)} passed over`);
  return parts.join(", ");
}

function AddDrain({ target }: { target: string }) {
  const [url, setUrl] = useState("");
  const [ca, setCa] = useState("");
  const add = useAction(addDrain, (_, { body }) => {
    setUrl(emptied(body.url));
    setCa(emptied(body.ca ?? ""));
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ params: { target }, body: ca.trim() === "" ? { url } : { url, ca } });
  };
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label="Address of the log service"
        placeholder="syslog+tls://logs.example.com:6514"
        hint="syslog+tls://, syslog://, https:// for JSON lines, or loki+https:// for Loki"
        required
        value={url}
        onText={setUrl}
      />
      <details className="details">
        <summary>It has a certificate of its own</summary>
        <TextArea
          label="Certificates to trust, as PEM"
          placeholder="-----BEGIN CERTIFICATE-----"
          rows={4}
          value={ca}
          onText={setCa}
        />
      </details>
      {add.error && <ErrorNote error={add.error} />}
      <div className="form-end">
        <button type="submit" className="button primary" disabled={add.isPending}>
          Add drain
        </button>
      </div>
    </form>
  );
}
