import { useState } from "react";
import {
  listNotifications,
  removeNotification,
  testNotification,
  type NotificationView,
} from "#api/notifications.ts";
import { useLive } from "../data/live.tsx";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { plainText } from "../lib/text.ts";
import { Rows } from "../parts/answer.tsx";
import { Commands } from "../parts/copy.tsx";
import { Empty } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { Receiver } from "../parts/receiver.tsx";
import { AddNotification, eventWords } from "./add-notification.tsx";
import { ChangeNotification } from "./change-notification.tsx";
import { SmallButton } from "../parts/small-button.tsx";

/** Whose events: an app's or a team's; those of the whole installation without either. */
export type Told = { readonly target?: string } | { readonly team: string };

/** Who is told when something happens, to an app, to the apps of a team or to the installation. */
export function Notifications({ told }: { told: Told }) {
  const notifications = useList(listNotifications, { query: told });
  useLive("target" in told ? `notifications:${told.target}` : "notifications");
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Panel
      title={"team" in told ? `Notifications of ${told.team}` : "Notifications"}
      className="wide"
    >
      {secret !== null && (
        <div className="note">
          <p className="note-title">
            Copy the signing secret now: it is not shown again. It proves that requests are Berth's.
          </p>
          <Commands lines={[secret]} label="Signing secret" />
        </div>
      )}
      <Rows
        of={notifications}
        rows={2}
        empty={
          <Empty title="Nobody is told yet.">
            <p>A webhook, a chat or a mail address can hear of failed deploys and crashes.</p>
          </Empty>
        }
      >
        {(notification) => (
          <Notification key={notification.id} told={told} notification={notification} />
        )}
      </Rows>
      {"team" in told ? (
        <details className="details">
          <summary>Tell somebody</summary>
          <AddNotification told={told} onAdded={setSecret} />
        </details>
      ) : (
        <AddNotification told={told} onAdded={setSecret} />
      )}
    </Panel>
  );
}

type NotificationProps = { readonly told: Told; readonly notification: NotificationView };

function Notification({ told, notification }: NotificationProps) {
  const { id, kind, address, events, waiting } = notification;
  const input = { params: { notification: id }, query: told };
  const test = useAction(testNotification, () =>
    notify(`${plainText(address)} took the test message.`),
  );
  const remove = useAction(removeNotification, () =>
    notify(`${plainText(address)} is told no more.`),
  );
  const facts = events.map(eventWords).join(", ") + (waiting > 0 ? ` · ${waiting} waiting` : "");
  return (
    <Receiver
      of={notification}
      state={["good", kind]}
      facts={facts}
      button={
        <SmallButton isBusy={test.isPending} onPress={() => test.mutate(input)}>
          Test<span className="unseen"> {plainText(address)}</span>
        </SmallButton>
      }
      change={<ChangeNotification told={told} notification={notification} />}
      error={test.error ?? remove.error}
      onRemove={() => remove.mutate(input)}
    >
      It hears of nothing any more, also not of what waits for it.
    </Receiver>
  );
}
