import { useState, type FormEvent } from "react";
import { setNotification, type NotificationView } from "#api/notifications.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { plainText } from "../lib/text.ts";
import { Field } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { EventChoice, type EventType } from "./add-notification.tsx";
import type { Told } from "./notifications.tsx";

type ChangeProps = { readonly told: Told; readonly notification: NotificationView };

/** Tells somebody of other events, or at another address. */
export function ChangeNotification({ told, notification }: ChangeProps) {
  const { id, kind } = notification;
  const [address, setAddress] = useState("");
  // Only what is chosen is kept here, so that what somebody else changes meanwhile is shown.
  const [chosen, setChosen] = useState<ReadonlySet<EventType> | null>(null);
  const events = chosen ?? new Set(notification.events);
  const change = useAction(setNotification, (changed, { body }) => {
    setAddress(emptied(body?.address ?? ""));
    notify(`${plainText(changed.address)} is told of it from now on.`);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { events: [...events], ...(address === "" ? {} : { address }) };
    change.mutate(
      { params: { notification: id }, query: told, body },
      { onSuccess: () => setChosen((now) => (now === chosen ? null : now)) },
    );
  };
  return (
    <form className="form" onSubmit={submit}>
      <EventChoice events={events} onChoose={setChosen} />
      <Field
        label="Another address"
        type={kind === "mail" ? "email" : "url"}
        placeholder={plainText(notification.address)}
        value={address}
        onText={setAddress}
      />
      {change.error && <ErrorNote error={change.error} />}
      <div className="form-end">
        <button type="submit" className="button" disabled={events.size === 0 || change.isPending}>
          Save
        </button>
      </div>
    </form>
  );
}
