import { useState, type ReactNode } from "react";
import { plainText } from "../lib/text.ts";
import { Dialog } from "./dialog.tsx";
import { SmallButton } from "./small-button.tsx";

type ConfirmProps = {
  /** What the button does, as a verb. */
  readonly words: string;
  readonly name: string;
  readonly onConfirm: () => void;
  /** What it means. */
  readonly children: ReactNode;
};

/** A button that asks once more. */
export function Confirm({ words, name: foreign, onConfirm, children }: ConfirmProps) {
  const name = plainText(foreign, 200);
  const [isAsking, setAsking] = useState(false);
  const confirm = () => {
    setAsking(false);
    onConfirm();
  };
  return (
    <>
      <SmallButton onPress={() => setAsking(true)}>
        {words}
        <span className="unseen"> {name}</span>
      </SmallButton>
      {isAsking && (
        <Dialog title={`${words} ${name}?`} onClose={() => setAsking(false)}>
          <p>{children}</p>
          <div className="form-end">
            <button type="button" className="button bad" onClick={confirm}>
              {words} {name}
            </button>
            <button type="button" className="button" onClick={() => setAsking(false)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
