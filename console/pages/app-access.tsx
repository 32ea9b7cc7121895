import { useState } from "react";
import type { ResultOf } from "#api/operation.ts";
import { grantAccess, listAccess, listTeams, revokeAccess, transferApp } from "#api/teams.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Choice } from "../parts/field.tsx";
import { GrantRole } from "../parts/grant-role.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { Foreign } from "../parts/text.tsx";

type AppAccessProps = {
  readonly app: string;
  readonly team: string;
  readonly mayAdmin: boolean;
};

/** Who may do what with an app, through its team or for this app alone. */
export function AppAccess({ app, team, mayAdmin }: AppAccessProps) {
  const access = useList(listAccess, { params: { app } });
  const grant = useAction(grantAccess);
  return (
    <Panel title="People" className="wide">
      <p className="aside">
        The app belongs to the team {team}, whose people do with it what their role says.
      </p>
      <Rows of={access} rows={2} empty={<Empty title="Nobody but superusers." />}>
        {(entry) => (
          <Access
            key={`${entry.user} ${entry.team ?? ""}`}
            app={app}
            access={entry}
            mayAdmin={mayAdmin}
          />
        )}
      </Rows>
      {mayAdmin && (
        <GrantRole
          label="For this app alone"
          onGrant={(user, role) => grant.mutate({ params: { app, user }, body: { role } })}
          isBusy={grant.isPending}
          error={grant.error}
        />
      )}
      {mayAdmin && <Transfer app={app} team={team} />}
    </Panel>
  );
}

type AccessProps = {
  readonly app: string;
  readonly access: ResultOf<typeof listAccess>["items"][number];
  readonly mayAdmin: boolean;
};

function Access({ app, access: { user, role, team }, mayAdmin }: AccessProps) {
  const revoke = useAction(revokeAccess);
  return (
    <li className="row">
      <p className="row-main">
        <Foreign text={user} />{" "}
        <span className="aside">
          {role}, {team === null ? "for this app alone" : `through the team ${team}`}
        </span>
      </p>
      {team === null && mayAdmin && (
        <Confirm
          words="Take back"
          name={`the role of ${user}`}
          onConfirm={() => revoke.mutate({ params: { app, user } })}
        >
          {user} does with {app} only what a team of theirs allows.
        </Confirm>
      )}
      {revoke.error && <ErrorNote error={revoke.error} />}
    </li>
  );
}

/** Hands the app to another team. */
function Transfer({ app, team }: { app: string; team: string }) {
  const [picked, setPicked] = useState<string | null>(null);
  const chosen = picked ?? team;
  const { data: teams = [] } = useList(listTeams, {});
  const transfer = useAction(transferApp, (done) => {
    notify(`${done.app} belongs to the team ${done.team} now.`);
  });
  if (teams.length < 2) return null;
  return (
    <div className="filters">
      <Choice
        label="Team that it belongs to"
        value={chosen}
        choices={teams.map(({ name }) => [name, name])}
        onChoose={setPicked}
      />
      {chosen !== team && (
        <Confirm
          words="Hand over to"
          name={chosen}
          onConfirm={() =>
            transfer.mutate(
              { params: { app }, body: { team: chosen } },
              { onSuccess: () => setPicked(null) },
            )
          }
        >
          From then on the people of {chosen} have it, and those of {team} do not.
        </Confirm>
      )}
      {transfer.error && <ErrorNote error={transfer.error} />}
    </div>
  );
}
