import { useState, type FormEvent } from "react";
import type { TeamView } from "#api/people-views.ts";
import {
  addTeam,
  listMembers,
  listTeams,
  removeMember,
  removeTeam,
  setMember,
} from "#api/teams.ts";
import { useIsSuperuser, useMayInTeam } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { renderNumberOf } from "../lib/format.ts";
import { Answer, Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";
import { GrantRole } from "../parts/grant-role.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Foreign } from "../parts/text.tsx";
import { Notifications } from "./notifications.tsx";

export function Teams() {
  const teams = useList(listTeams, {});
  const isSuperuser = useIsSuperuser();
  return (
    <>
      <Answer of={teams}>
        {(list) =>
          list.length === 0 ? (
            <Panel title="Teams" className="wide">
              <Empty title="No team yet." />
            </Panel>
          ) : (
            list.map((team) => <Team key={team.name} team={team} isSuperuser={isSuperuser} />)
          )
        }
      </Answer>
      {isSuperuser && (
        <Panel title="Make a team" className="wide">
          <AddTeam />
        </Panel>
      )}
    </>
  );
}

function Team({ team, isSuperuser }: { team: TeamView; isSuperuser: boolean }) {
  const { name } = team;
  const remove = useAction(removeTeam);
  const grant = useAction(setMember);
  const mayAdmin = useMayInTeam("admin", name);
  const mayConfigure = useMayInTeam("configure", name);
  return (
    <>
      <Panel
        title={`Team ${name}`}
        className="wide"
        aside={
          isSuperuser && (
            <Confirm
              words="Remove"
              name={`team ${name}`}
              onConfirm={() => remove.mutate({ params: { team: name } })}
            >
              A team can be removed when it owns no app. Its people stay.
            </Confirm>
          )
        }
      >
        <p className="aside">
          {renderNumberOf(team.members, "person").replace("persons", "people")},{" "}
          {renderNumberOf(team.apps, "app")}
        </p>
        {remove.error && <ErrorNote error={remove.error} />}
        <Members team={name} mayAdmin={mayAdmin} />
        {mayAdmin && (
          <GrantRole
            label={`Put into ${name}`}
            onGrant={(user, role) => grant.mutate({ params: { team: name, user }, body: { role } })}
            isBusy={grant.isPending}
            error={grant.error}
          />
        )}
      </Panel>
      {mayConfigure && <Notifications told={{ team: name }} />}
    </>
  );
}

function Members({ team, mayAdmin }: { team: string; mayAdmin: boolean }) {
  const members = useList(listMembers, { params: { team } });
  const revoke = useAction(removeMember);
  return (
    <>
      {revoke.error && <ErrorNote error={revoke.error} />}
      <Rows of={members} rows={1} empty={null}>
        {({ user, role }) => (
          <li key={user} className="row">
            <p className="row-main">
              <Foreign text={user} /> <span className="aside">{role}</span>
            </p>
            {mayAdmin && (
              <Confirm
                words="Take out"
                name={user}
                onConfirm={() => revoke.mutate({ params: { team, user } })}
              >
                {user} can do nothing with the apps of {team} any more.
              </Confirm>
            )}
          </li>
        )}
      </Rows>
    </>
  );
}

function AddTeam() {
  const [name, setName] = useState("");
  const add = useAction(addTeam, (_, { body }) => setName(emptied(body.name)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ body: { name } });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field label="Name of the team" required value={name} onText={setName} />
      <button type="submit" className="button" disabled={add.isPending}>
        Make team
      </button>
      {add.error && <ErrorNote error={add.error} />}
    </form>
  );
}
