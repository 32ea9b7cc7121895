import { useState, type FormEvent } from "react";
import { changeConfigVars } from "#api/config.ts";
import type { ChangeView, ConfigVarView } from "#api/views.ts";
import { useAction } from "../data/use-operation.ts";
import { Check } from "../parts/check.tsx";
import { Field, TextArea } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";

type SetVarProps = {
  readonly target: string;
  /** The one that is changed; a new one when null. */
  readonly edited: ConfigVarView | null;
  readonly onEnd: (answer: ChangeView | null) => void;
};

/** Sets a config var, as a secret when it is to print nowhere. */
export function SetVar({ target, edited, onEnd }: SetVarProps) {
  const [name, setName] = useState(edited?.name ?? "");
  const [value, setValue] = useState(edited?.value ?? "");
  const [isSecret, setSecret] = useState(edited?.secret ?? false);
  const change = useAction(changeConfigVars, (answer) => {
    setName("");
    setValue("");
    onEnd(answer);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ params: { target }, body: { [name]: isSecret ? { secret: value } : value } });
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
      {change.error && <ErrorNote error={change.error} />}
      <div className="form-end">
        <button type="submit" className="button primary" disabled={change.isPending}>
          {edited ? "Change" : "Set"}
        </button>
        {edited && (
          <button type="button" className="button" onClick={() => onEnd(null)}>
            Keep as it is
          </button>
        )}
      </div>
    </form>
  );
}
