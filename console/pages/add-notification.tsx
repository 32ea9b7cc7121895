import { useState, type FormEvent } from "react";
import { addNotification, type NotificationView } from "#api/notifications.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Check } from "../parts/check.tsx";
import { Choice, Field } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import type { Told } from "./notifications.tsx";

type Kind = NotificationView["kind"];
export type EventType = NotificationView["events"][number];

const kinds = {
  webhook: { name: "a webhook, signed", label: "URL", placeholder: "https://example.com/hook" },
  chat: {
    name: "a chat",
    label: "URL that the chat gave you",
    placeholder: "https://hooks.slack.com/…",
  },
  mail: { name: "a mail address", label: "Mail address", placeholder: "team@example.com" },
} as const satisfies Record<Kind, object>;

/** What one can be told, in words; the first ones are what people usually want. */
const choices: readonly (readonly [event: EventType, words: string, isUsual: boolean])[] = [
  ["release.current", "a release went live", true],
  ["deploy.failed", "a deploy failed", true],
  ["instance.crashing", "an instance keeps crashing", true],
  ["instance.out_of_memory", "an instance ran out of memory", true],
  ["certificate.expiring", "a certificate is near its end", true],
  ["disk.low", "the disk is nearly full", true],
  ["config.changed", "config vars were changed", false],
  ["branch.stopped", "somebody stopped it", false],
];

/** A type of events in words, if it has any. */
export function eventWords(type: string): string {
  return choices.find(([event]) => event === type)?.[1] ?? type;
}

type AddNotificationProps = {
  readonly told: Told;
  /** With the secret that signs a webhook's requests, if it is one. */
  readonly onAdded: (signingSecret: string | null) => void;
};

/** Tells somebody of events from now on. */
export function AddNotification({ told, onAdded }: AddNotificationProps) {
  const [kind, setKind] = useState<Kind>("webhook");
  const [address, setAddress] = useState("");
  const [events, setEvents] = useState<ReadonlySet<EventType>>(
    new Set(choices.filter(([, , isUsual]) => isUsual).map(([event]) => event)),
  );
  const add = useAction(addNotification, ({ signingSecret }, { body }) => {
    setAddress(emptied(body.address));
    onAdded(signingSecret);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ body: { ...told, kind, address, events: [...events] } });
  };
  const { label, placeholder } = kinds[kind];
  return (
    <form className="form" onSubmit={submit}>
      <div className="field-pair">
        <Choice
          label="Tell"
          value={kind}
          choices={Object.entries(kinds).map(([it, { name }]) => [it, name])}
          // The choices are the kinds.
          onChoose={(chosen) => setKind(chosen as Kind)}
        />
        <Field
          label={label}
          type={kind === "mail" ? "email" : "url"}
          placeholder={placeholder}
          required
          value={address}
          onText={setAddress}
        />
      </div>
      <EventChoice events={events} onChoose={setEvents} />
      {add.error && <ErrorNote error={add.error} />}
      <div className="form-end">
        <button
          type="submit"
          className="button primary"
          disabled={events.size === 0 || add.isPending}
        >
          Add notification
        </button>
      </div>
    </form>
  );
}

type EventChoiceProps = {
  readonly events: ReadonlySet<EventType>;
  readonly onChoose: (events: ReadonlySet<EventType>) => void;
};

/** Which events; what it hears of beyond these choices stays. */
export function EventChoice({ events, onChoose }: EventChoiceProps) {
  return (
    <fieldset className="checks">
      <legend>When</legend>
      {choices.map(([event, words]) => (
        <Check
          key={event}
          label={words}
          isOn={events.has(event)}
          onTurn={(isOn) => onChoose(withOrWithout(events, event, isOn))}
        />
      ))}
    </fieldset>
  );
}

function withOrWithout<T>(set: ReadonlySet<T>, item: T, isIn: boolean): ReadonlySet<T> {
  const next = new Set(set);
  if (isIn) next.add(item);
  else next.delete(item);
  return next;
}
