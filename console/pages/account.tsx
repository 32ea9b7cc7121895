import { endSession, listSessions } from "#api/account.ts";
import type { SessionView, UserView } from "#api/people-views.ts";
import { useCaller } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { browserName } from "../lib/browser-name.ts";
import { plainText } from "../lib/text.ts";
import { Rows } from "../parts/answer.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago } from "../parts/text.tsx";
import { BrowserPanel, SignOut } from "./browser-panel.tsx";
import { Passkeys } from "./passkeys.tsx";
import { PasswordPanel } from "./password.tsx";
import { Tokens } from "./tokens.tsx";
import { TwoFactor } from "./two-factor.tsx";
import { SmallButton } from "../parts/small-button.tsx";

/** Whoever is signed in: how they prove it, where they are, and what acts in their name. */
export function AccountPage() {
  const caller = useCaller();
  if (!caller) return null;
  const { user, actor, teams, superuser } = caller;
  return (
    <>
      <PageHead title={user ? user.name : "This machine"} aside={<SignOut />}>
        <p className="lead">
          {user
            ? teams.map(({ team }) => team).join(", ") || (superuser ? "Superuser" : "In no team")
            : `You are here as ${plainText(actor, 100)}, who may do everything.`}
        </p>
      </PageHead>
      {user && <OwnPanels user={user} />}
      {!user && (
        <div className="columns">
          <Tokens />
          <BrowserPanel />
        </div>
      )}
    </>
  );
}

function OwnPanels({ user }: { user: UserView }) {
  return (
    <div className="columns">
      <PasswordPanel user={user} />
      <TwoFactor user={user} />
      <Passkeys />
      <Sessions />
      <Tokens />
      <BrowserPanel />
    </div>
  );
}

function Sessions() {
  const sessions = useList(listSessions, { query: {} });
  const end = useAction(endSession);
  return (
    <Panel
      title="Where you are signed in"
      aside={
        <SmallButton onPress={() => end.mutate({ params: { session: "others" } })}>
          End all others
        </SmallButton>
      }
    >
      {end.error && <ErrorNote error={end.error} />}
      <Rows of={sessions} empty={null}>
        {(session) => (
          <Session
            key={session.id}
            session={session}
            onEnd={() => end.mutate({ params: { session: session.id } })}
          />
        )}
      </Rows>
    </Panel>
  );
}

function Session({ session, onEnd }: { session: SessionView; onEnd: () => void }) {
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
        <SmallButton onPress={onEnd}>
          End<span className="unseen"> this session</span>
        </SmallButton>
      )}
    </li>
  );
}
