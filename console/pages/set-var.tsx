import { useState, type FormEvent, type ReactNode } from "react";
import { emptied } from "../lib/draft.ts";
import { Check } from "../parts/check.tsx";
import { Field, TextArea } from "../parts/field.tsx";

export type VarToSet = {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
};

type SetVarProps = {
  /** The one that is changed, or tried again; a new one when null. */
  readonly edited: VarToSet | null;
  readonly isSending: boolean;
  /** What stands above the buttons where something went wrong. */
  readonly problem: ReactNode;
  /** Sets it, and calls back once it is taken. */
  readonly onSet: (set: VarToSet, onTaken: () => void) => void;
  readonly onKeep: () => void;
};

/** Sets a config var, as a secret when it is to print nowhere. */
export function SetVar({ edited, isSending, problem, onSet, onKeep }: SetVarProps) {
  const [name, setName] = useState(edited?.name ?? "");
  const [value, setValue] = useState(edited?.value ?? "");
  const [isSecret, setSecret] = useState(edited?.secret ?? false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSet({ name, value, secret: isSecret }, () => {
      setName(emptied(name));
      setValue(emptied(value));
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <div className="field-pair">
        <Field
          label="Name"
          placeholder="DATABASE_URL"
          required
          pattern="[A-Za-z_][A-Za-z0-9_]*"
          title="Letters, digits and _, not starting with a digit"
          className="code"
          readOnly={edited !== null}
          value={name}
          onText={setName}
        />
        <TextArea label="Value" rows={2} value={value} onText={setValue} />
      </div>
      <Check
        label="Keep it secret: encrypted, and shown only to who may reveal it"
        isOn={isSecret}
        onTurn={setSecret}
      />
      <p className="hint">A deployed branch gets a new release with it at once, without a build.</p>
      {problem}
      <div className="form-end">
        <button type="submit" className="button primary" disabled={isSending}>
          {edited ? "Change" : "Set"}
        </button>
        {edited && (
          <button type="button" className="button" onClick={onKeep}>
            Keep as it is
          </button>
        )}
      </div>
    </form>
  );
}
