import { useRef, useState } from "react";
import type { ChangeView } from "#api/views.ts";
import {
  changedOf,
  nothingTyped,
  shownOf,
  withoutSent,
  withRefused,
  withSent,
  type Draft,
  type Held,
} from "../lib/draft.ts";
import { useChange, type Refusal } from "./use-change.ts";

type DraftForm<Values> = {
  /** What stands in the fields. */
  readonly shown: Values;
  readonly type: (values: Partial<Values>) => void;
  /** Takes back what was typed and not sent. */
  readonly forget: () => void;
  readonly isChanged: boolean;
  readonly maySend: boolean;
  readonly send: (
    onTaken: (taken: ChangeView) => void,
    act: (changed: Partial<Values>) => Promise<ChangeView>,
  ) => void;
  readonly refusal: Refusal | null;
};

/**
 * A form over what holds for a branch. Only what is typed is kept beside that, so that what somebody
 * else changes meanwhile is shown; and what was sent, until it holds or is refused.
 */
export function useDraft<Values extends Held>(holds: Values): DraftForm<Values> {
  const [draft, setDraft] = useState<Draft<Values>>(nothingTyped);
  const lastId = useRef(0);
  const change = useChange();
  const changed = changedOf(holds, draft);
  const isChanged = Object.keys(changed).length > 0;
  return {
    shown: shownOf(holds, draft),
    type: (values) => setDraft((now) => ({ ...now, typed: { ...now.typed, ...values } })),
    forget: () => setDraft((now) => ({ ...now, typed: {} })),
    isChanged,
    maySend: isChanged && !change.isSending,
    send: (onTaken, act) => {
      lastId.current += 1;
      const id = lastId.current;
      setDraft((now) => withSent(now, id, changed));
      change.make(() => act(changed), {
        onTaken,
        onHeld: () => setDraft((now) => withoutSent(now, id)),
        onRefused: () => setDraft((now) => withRefused(now, id)),
      });
    },
    refusal: change.refusal,
  };
}
