import { useState } from "react";
import { endSession, listSessions } from "#api/account.ts";
import type { SessionView } from "#api/people-views.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { browserName } from "../lib/browser-name.ts";
import { plainText } from "../lib/text.ts";
import { Rows } from "../parts/answer.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { SmallButton } from "../parts/small-button.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago } from "../parts/text.tsx";

/** Where the caller is signed in. */
export function Sessions() {
  const end = useAction(endSession);
  return (
    <Panel
      title="Where you are signed in"
      aside={
        <SmallButton
          isBusy={end.isPending}
          onPress={() => end.mutate({ params: { session: "others" } })}
        >
          End all others
        </SmallButton>
      }
    >
      {end.error && <ErrorNote error={end.error} />}
      <SessionRows of={{}} />
    </Panel>
  );
}

/** Where somebody else is; asked for when it is looked at. */
export function SessionsOf({ user }: { user: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="details" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Sessions<span className="unseen"> of {user}</span>
      </summary>
      {isOpen && <SessionRows of={{ user }} />}
    </details>
  );
}

function SessionRows({ of: query }: { of: { readonly user?: string } }) {
  const sessions = useList(listSessions, { query });
  const end = useAction(endSession);
  return (
    <>
      {end.error && <ErrorNote error={end.error} />}
      <Rows of={sessions} rows={1} empty={<p className="aside">Nowhere.</p>}>
        {(session) => (
          <Session
            key={session.id}
            session={session}
            isEnding={end.isPending}
            onEnd={() => end.mutate({ params: { session: session.id }, query })}
          />
        )}
      </Rows>
    </>
  );
}

type SessionProps = {
  readonly session: SessionView;
  readonly isEnding: boolean;
  readonly onEnd: () => void;
};

function Session({ session, isEnding, onEnd }: SessionProps) {
  const { userAgent, address, createdAt, isThis } = session;
  return (
    <li className="row">
      <div className="row-main">
        <p className="clip" title={plainText(userAgent ?? "", 300)}>
          {plainText(browserName(userAgent ?? "An unknown browser"), 200)}
        </p>
        <p className="aside clip">
          from {plainText(address ?? "an unknown address", 100)}, since <Ago at={createdAt} />
        </p>
      </div>
      {isThis ? (
        <Badge tone="good">this one</Badge>
      ) : (
        <SmallButton isBusy={isEnding} onPress={onEnd}>
          End<span className="unseen"> this session</span>
        </SmallButton>
      )}
    </li>
  );
}
