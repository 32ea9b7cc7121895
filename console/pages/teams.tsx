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
import { useIsSuperuser } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { renderNumberOf } from "../lib/format.ts";
import { Answer, Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { RoleChoice } from "../parts/role-choice.tsx";
import { Foreign } from "../parts/text.tsx";

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
  return (
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
      <Members team={name} />
      <GrantRole team={name} />
    </Panel>
  );
}

function Members({ team }: { team: string }) {
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
            <Confirm
              words="Take out"
              name={user}
              onConfirm={() => revoke.mutate({ params: { team, user } })}
            >
              {user} can do nothing with the apps of {team} any more.
            </Confirm>
          </li>
        )}
      </Rows>
    </>
  );
}

function GrantRole({ team }: { team: string }) {
  const [user, setUser] = useState("");
  const [role, setRole] = useState("deployer");
  const grant = useAction(setMember, () => setUser(""));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    grant.mutate({ params: { team, user }, body: { role } });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field label={`Put into ${team}`} placeholder="name" required value={user} onText={setUser} />
      <RoleChoice role={role} onChoose={setRole} />
      <button type="submit" className="button" disabled={grant.isPending}>
        Give role
      </button>
      {grant.error && <ErrorNote error={grant.error} />}
    </form>
  );
}

function AddTeam() {
  const [name, setName] = useState("");
  const add = useAction(addTeam, () => setName(""));
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
