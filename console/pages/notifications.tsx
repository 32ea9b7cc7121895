import { useState } from "react";
import {
  listNotifications,
  removeNotification,
  testNotification,
  type NotificationView,
} from "#api/notifications.ts";
import { useAction, useList } from "../data/use-operation.ts";
import { Answer } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Commands } from "../parts/copy.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago, Foreign } from "../parts/text.tsx";
import { AddNotification } from "./add-notification.tsx";

/** Whose events; those of the whole installation without a target. */
export type Told = { readonly target?: string };

/** Who is told when something happens, to an app or to the installation. */
export function Notifications({ told }: { told: Told }) {
  const notifications = useList(listNotifications, { query: told });
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Panel title="Notifications" className="wide">
      {secret !== null && (
        <div className="note">
          <p className="note-title">
            Copy the signing secret now: it is not shown again. It proves that requests are Berth's.
          </p>
          <Commands lines={[secret]} label="Signing secret" />
        </div>
      )}
      <Answer of={notifications} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="Nobody is told yet.">
              <p>A webhook, a chat or a mail address can hear of failed deploys and crashes.</p>
            </Empty>
          ) : (
            <ul className="rows">
              {list.map((notification) => (
                <Notification key={notification.id} told={told} notification={notification} />
              ))}
            </ul>
          )
        }
      </Answer>
      <AddNotification told={told} onAdded={setSecret} />
    </Panel>
  );
}

type NotificationProps = { readonly told: Told; readonly notification: NotificationView };

function Notification({ told, notification }: NotificationProps) {
  const { id, kind, address, events, lastError, lastSuccessAt, waiting } = notification;
  const input = { params: { notification: id }, query: told };
  const test = useAction(testNotification, () => notify(`${address} took the test message.`));
  const remove = useAction(removeNotification, () => notify(`${address} is told no more.`));
  const error = test.error ?? remove.error;
  return (
    <li className="row">
      {lastError === null ? <Badge tone="good">{kind}</Badge> : <Badge tone="bad">failing</Badge>}
      <div className="row-main">
        <p className="clip">
          <Foreign text={address} />
        </p>
        <p className="aside">
          {events.join(", ")}
          {lastSuccessAt !== null && (
            <>
              {" · last told "}
              <Ago at={lastSuccessAt} />
            </>
          )}
          {waiting > 0 && ` · ${waiting} waiting`}
        </p>
        {lastError !== null && (
          <p className="row-problem">
            <Foreign text={lastError} />
          </p>
        )}
      </div>
      <button
        type="button"
        className="button small"
        disabled={test.isPending}
        onClick={() => test.mutate(input)}
      >
        Test<span className="unseen"> {address}</span>
      </button>
      <Confirm words="Remove" name={address} onConfirm={() => remove.mutate(input)}>
        It hears of nothing any more, also not of what waits for it.
      </Confirm>
      {error && <ErrorNote error={error} />}
    </li>
  );
}
