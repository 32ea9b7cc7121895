import { useState, type FormEvent } from "react";
import { addKey } from "#api/keys.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Commands } from "../parts/copy.tsx";
import { Field, TextArea } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";

/** Takes a public key in. Its own comment is the name that is offered. */
export function AddKey() {
  const [key, setKey] = useState("");
  const [name, setName] = useState("");
  const add = useAction(addKey, (added, { body }) => {
    setKey(emptied(body.key));
    setName(emptied(body.name));
    notify(`The key ${added.name} may push now.`);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ body: { name: name || offeredName(key), key } });
  };
  return (
    <form className="form" onSubmit={submit}>
      <p>Show your public key on your computer, and paste it here:</p>
      <Commands lines={["cat ~/.ssh/id_ed25519.pub"]} label="Command that shows your key" />
      <TextArea
        label="Public key"
        rows={3}
        required
        placeholder="ssh-ed25519 AAAA… you@laptop"
        value={key}
        onText={setKey}
      />
      <Field
        label="Name of the key"
        hint="Says whose it is, in every event"
        placeholder={offeredName(key)}
        value={name}
        onText={setName}
      />
      {add.error && <ErrorNote error={add.error} />}
      <button type="submit" className="button primary" disabled={add.isPending}>
        Add key
      </button>
    </form>
  );
}

function offeredName(key: string): string {
  const comment = key.trim().split(/\s+/).slice(2).join("-");
  return comment.replaceAll(/[^A-Za-z0-9@._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "laptop";
}
