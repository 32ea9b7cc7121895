import { useState } from "react";
import { createLink, listUsers, removeUser } from "#api/users.ts";
import type { SignInLinkView, UserView } from "#api/people-views.ts";
import { useIsSuperuser } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { Badge } from "../parts/state.tsx";
import { Foreign } from "../parts/text.tsx";
import { AddUser, LinkToPass } from "./add-user.tsx";
import { SessionsOf } from "./sessions.tsx";
import { Teams } from "./teams.tsx";
import { SmallButton } from "../parts/small-button.tsx";

/** Who may sign in, and what their teams let them do. */
export function PeoplePage() {
  const isSuperuser = useIsSuperuser();
  return (
    <>
      <PageHead title="People">
        <p className="lead">Apps belong to teams. People do with them what their role says.</p>
      </PageHead>
      <div className="columns">
        {isSuperuser && <Users />}
        <Teams />
      </div>
    </>
  );
}

function Users() {
  const users = useList(listUsers, {});
  const [passed, setPassed] = useState<Passed | null>(null);
  return (
    <>
      <Panel title="People" className="wide">
        {passed && <LinkToPass name={passed.name} link={passed.link} />}
        <Rows
          of={users}
          empty={
            <Empty title="Nobody yet. Until somebody is added, only the machine's own administrator gets in." />
          }
        >
          {(user) => <User key={user.name} user={user} onLink={setPassed} />}
        </Rows>
      </Panel>
      <Panel title="Add a person" className="wide">
        <AddUser onAdded={(user, link) => setPassed({ name: user.name, link })} />
      </Panel>
    </>
  );
}

type Passed = { readonly name: string; readonly link: SignInLinkView };
type UserProps = { readonly user: UserView; readonly onLink: (passed: Passed) => void };

function User({ user, onLink }: UserProps) {
  const { name, email, superuser, teams } = user;
  const link = useAction(createLink, (made) => onLink({ name, link: made }));
  const remove = useAction(removeUser);
  const error = link.error ?? remove.error;
  return (
    <li className="row">
      <div className="row-main">
        <p>
          <Foreign text={name} /> {superuser && <Badge tone="busy">superuser</Badge>}
        </p>
        <p className="aside clip">
          {email && (
            <>
              <Foreign text={email} /> ·{" "}
            </>
          )}
          {teams.map(({ team, role }) => `${role} in ${team}`).join(", ") || "in no team"} ·{" "}
          {proofsOf(user)}
        </p>
      </div>
      <SmallButton isBusy={link.isPending} onPress={() => link.mutate({ params: { user: name } })}>
        Sign-in link<span className="unseen"> for {name}</span>
      </SmallButton>
      <Confirm
        words="Remove"
        name={name}
        onConfirm={() => remove.mutate({ params: { user: name } })}
      >
        {name} is out at once, with all sessions, keys and tokens.
      </Confirm>
      {error && <ErrorNote error={error} />}
      <SessionsOf user={name} />
    </li>
  );
}

/** How somebody proves who they are. */
function proofsOf({ password, twoFactor, passkeys, signOn }: UserView): string {
  const proofs = [
    ...(password ? ["password"] : []),
    ...(twoFactor ? ["second factor"] : []),
    ...(passkeys > 0 ? ["passkey"] : []),
    ...(signOn ? ["company sign-on"] : []),
  ];
  return proofs.join(", ") || "has not signed in yet";
}
