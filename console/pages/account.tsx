import type { UserView } from "#api/people-views.ts";
import { useCaller } from "../data/session.ts";
import { plainText } from "../lib/text.ts";
import { PageHead } from "../parts/panel.tsx";
import { BrowserPanel, SignOut } from "./browser-panel.tsx";
import { Passkeys } from "./passkeys.tsx";
import { PasswordPanel } from "./password.tsx";
import { Sessions } from "./sessions.tsx";
import { Tokens } from "./tokens.tsx";
import { TwoFactor } from "./two-factor.tsx";

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
