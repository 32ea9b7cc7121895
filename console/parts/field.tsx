import { useId, type ComponentPropsWithRef } from "react";

type FieldProps = Omit<ComponentPropsWithRef<"input">, "onChange" | "id"> & {
  readonly label: string;
  readonly hint?: string;
  readonly onText: (text: string) => void;
};

/** A labelled line to type into. */
export function Field({ label, hint, onText, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        autoComplete="off"
        spellCheck={false}
        {...input}
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onText(event.target.value)}
      />
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** Tells a password manager whose password a form is about. */
export function UserNameField({ name }: { name: string }) {
  return <input hidden readOnly type="text" autoComplete="username" value={name} />;
}

type TextProps = Omit<ComponentPropsWithRef<"textarea">, "onChange" | "id"> & {
  readonly label: string;
  readonly onText: (text: string) => void;
};

/** The same for several lines. */
export function TextArea({ label, onText, ...input }: TextProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        spellCheck={false}
        className="code"
        {...input}
        id={id}
        onChange={(event) => onText(event.target.value)}
      />
    </div>
  );
}

type ChoiceProps = {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [value: string, name: string])[];
  readonly onChoose: (value: string) => void;
  readonly isLabelHidden?: boolean;
};

/** One of a few. */
export function Choice({ label, value, choices, onChoose, isLabelHidden }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={isLabelHidden ? "unseen" : undefined}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChoose(event.target.value)}>
        {choices.map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
