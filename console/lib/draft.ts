/** What somebody makes of a form over what holds: typed, or sent and not in force yet. */
export type Draft<Values extends Held> = {
  /** What was typed and not sent yet. */
  readonly typed: Partial<Values>;
  /** What was sent and does not hold yet, the oldest first. */
  readonly sent: readonly Sent<Values>[];
};

export type Held = Readonly<Record<string, string | number>>;
type Sent<Values> = { readonly id: number; readonly values: Partial<Values> };

export const nothingTyped = { typed: {}, sent: [] } as const;

/** What the fields show: what holds, over it what was sent, over that what is typed. */
export function shownOf<Values extends Held>(
  holds: Values,
  { typed, sent }: Draft<Values>,
): Values {
  return { ...expectedOf(holds, sent), ...typed };
}

/** What would be sent now: only what differs from what holds once all is done that was sent. */
export function changedOf<Values extends Held>(
  holds: Values,
  { typed, sent }: Draft<Values>,
): Partial<Values> {
  const expected = expectedOf(holds, sent);
  return picked(typed, (key) => typed[key] !== expected[key]);
}

/** What was sent stays in sight, though it takes its time until it holds. */
export function withSent<Values extends Held>(
  { typed, sent }: Draft<Values>,
  id: number,
  values: Partial<Values>,
): Draft<Values> {
  const left = picked(typed, (key) => typed[key] !== values[key]);
  return { typed: left, sent: [...sent, { id, values }] };
}

/** What was sent holds by now, and comes with what holds. */
export function withoutSent<Values extends Held>(
  { typed, sent }: Draft<Values>,
  id: number,
): Draft<Values> {
  return { typed, sent: sent.filter((it) => it.id !== id) };
}

/** What was sent was refused: it is as if only typed, where nothing else has been typed since. */
export function withRefused<Values extends Held>(draft: Draft<Values>, id: number): Draft<Values> {
  const refused = draft.sent.find((it) => it.id === id)?.values;
  const { typed, sent } = withoutSent(draft, id);
  return { typed: { ...refused, ...typed }, sent };
}

/** Empties a field once what stood in it was taken, unless something else has been typed since. */
export function emptied(taken: string): (now: string) => string {
  return (now) => (now === taken ? "" : now);
}

function expectedOf<Values extends Held>(holds: Values, sent: readonly Sent<Values>[]): Values {
  return sent.reduce((values, it) => ({ ...values, ...it.values }), holds);
}

function picked<Values extends Held>(
  values: Partial<Values>,
  isPicked: (key: string) => boolean,
): Partial<Values> {
  const entries = Object.entries(values).filter(([key]) => isPicked(key));
  // Some of the same entries.
  return Object.fromEntries(entries) as Partial<Values>;
}
