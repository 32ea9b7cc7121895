import { useId } from "react";

type CheckProps = {
  readonly label: string;
  readonly isOn: boolean;
  readonly onTurn: (isOn: boolean) => void;
};

/** A box to tick. */
export function Check({ label, isOn, onTurn }: CheckProps) {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        type="checkbox"
        checked={isOn}
        onChange={(event) => onTurn(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
