import type { ReactNode } from "react";
import type { ApiError } from "../data/client.ts";
import { plainText } from "../lib/text.ts";
import { Confirm } from "./confirm.tsx";
import { ErrorNote } from "./note.tsx";
import { Badge, type Tone } from "./state.tsx";
import { Ago, Foreign } from "./text.tsx";

type ReceiverProps = {
  readonly of: {
    readonly address: string;
    readonly lastError: string | null;
    readonly lastSuccessAt: string | null;
  };
  /** How it does while nothing is wrong. */
  readonly state: readonly [tone: Tone, words: string];
  readonly facts: string;
  readonly button?: ReactNode;
  /** What can be changed of it. */
  readonly change?: ReactNode;
  readonly error: ApiError | null;
  readonly onRemove: () => void;
  /** What it means to remove it. */
  readonly children: ReactNode;
};

/** Somewhere that Berth sends to: where, how that goes, and the way to end it. */
export function Receiver({
  of,
  state,
  facts,
  button,
  change,
  error,
  onRemove,
  children,
}: ReceiverProps) {
  const { address, lastError, lastSuccessAt } = of;
  const [tone, words] = lastError === null ? state : (["bad", "failing"] as const);
  return (
    <li className="row">
      <Badge tone={tone}>{words}</Badge>
      <div className="row-main">
        <p className="clip">
          <Foreign text={address} />
        </p>
        <p className="aside">
          {facts}
          {lastSuccessAt !== null && (
            <>
              {" · last taken "}
              <Ago at={lastSuccessAt} />
            </>
          )}
        </p>
        {lastError !== null && (
          <p className="row-problem">
            <Foreign text={lastError} />
          </p>
        )}
      </div>
      {button}
      <Confirm words="Remove" name={address} onConfirm={onRemove}>
        {children}
      </Confirm>
      {error && <ErrorNote error={error} />}
      {change && (
        <details className="details">
          <summary>
            Change<span className="unseen"> {plainText(address)}</span>
          </summary>
          {change}
        </details>
      )}
    </li>
  );
}
