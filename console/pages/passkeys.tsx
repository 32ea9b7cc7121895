import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { ApiError } from "../data/client.ts";
import {
  addPasskey,
  hasPasskeys,
  listPasskeys,
  passkeysPath,
  removePasskey,
  type Passkey,
} from "../data/sign-in.ts";
import { useDeed } from "../data/use-deed.ts";
import { refreshed } from "../data/use-operation.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Ago, Foreign } from "../parts/text.tsx";

/** Keys that a device keeps, with which one signs in without a password. */
export function Passkeys() {
  const passkeys = useQuery<readonly Passkey[], ApiError>({
    queryKey: [passkeysPath, {}],
    queryFn: ({ signal }) => listPasskeys(signal),
  });
  const queries = useQueryClient();
  const deed = useDeed();
  const change = (act: () => Promise<void>) =>
    deed.run(async () => {
      await act();
      await refreshed(queries);
    });
  return (
    <Panel title="Passkeys">
      <Rows
        of={passkeys}
        rows={1}
        empty={<Empty title="None yet. With one you sign in by a touch instead of a password." />}
      >
        {({ id, name, createdAt }) => (
          <li key={id} className="row">
            <p className="row-main">
              <Foreign text={name ?? "Passkey"} />{" "}
              <span className="aside">
                <Ago at={createdAt} />
              </span>
            </p>
            <Confirm
              words="Remove"
              name={name ?? "passkey"}
              onConfirm={() => change(() => removePasskey(id))}
            >
              The device that keeps it cannot sign in with it any more.
            </Confirm>
          </li>
        )}
      </Rows>
      {deed.error && <ErrorNote error={deed.error} />}
      {hasPasskeys() ? (
        <AddPasskey isBusy={deed.isBusy} onAdd={(name) => change(() => addPasskey(name))} />
      ) : (
        <p className="hint">This browser offers passkeys only over HTTPS, or on localhost.</p>
      )}
    </Panel>
  );
}

function AddPasskey({ isBusy, onAdd }: { isBusy: boolean; onAdd: (name: string) => void }) {
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAdd(name);
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field
        label="Name of the device"
        placeholder="phone"
        required
        value={name}
        onText={setName}
      />
      <button type="submit" className="button" disabled={isBusy}>
        Add passkey
      </button>
    </form>
  );
}
