import { useState, type FormEvent } from "react";
import { listApps } from "#api/apps.ts";
import { listTeams } from "#api/teams.ts";
import { addToken } from "#api/tokens.ts";
import { listUsers } from "#api/users.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Choice, Field } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { RoleChoice } from "../parts/role-choice.tsx";

type AddTokenProps = {
  /** The machine itself makes tokens for others only. */
  readonly isOwn: boolean;
  readonly onAdded: (name: string, secret: string) => void;
};

/** Makes a token, for all that its person may do or for less. */
export function AddToken({ isOwn, onAdded }: AddTokenProps) {
  const [name, setName] = useState("");
  const [user, setUser] = useState("");
  const [scope, setScope] = useState("");
  const [role, setRole] = useState("viewer");
  const [days, setDays] = useState("90");
  const add = useAction(addToken, ({ token, secret }, { body }) => {
    setName(emptied(body.name));
    onAdded(token.name, secret);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const whose = isOwn ? {} : { user };
    add.mutate({ body: { name, role, days: Number(days), ...whose, ...onlyOf(scope) } });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field label="Name" placeholder="ci" required value={name} onText={setName} />
      {!isOwn && <UserChoice user={user} onChoose={setUser} />}
      <ScopeChoice scope={scope} onChoose={setScope} />
      <RoleChoice role={role} onChoose={setRole} />
      <Field label="Days" type="number" min={1} max={366} required value={days} onText={setDays} />
      <button type="submit" className="button" disabled={add.isPending}>
        Make token
      </button>
      {add.error && <ErrorNote error={add.error} />}
    </form>
  );
}

/** `app shop` or `team web`, as the choices below have it. */
function onlyOf(scope: string): { app?: string; team?: string } {
  const [kind, name = ""] = scope.split(" ");
  if (name === "") return {};
  return kind === "team" ? { team: name } : { app: name };
}

type ScopeChoiceProps = { readonly scope: string; readonly onChoose: (scope: string) => void };

function ScopeChoice({ scope, onChoose }: ScopeChoiceProps) {
  const { data: teams = [] } = useList(listTeams, {});
  const { data: apps = [] } = useList(listApps, {});
  const names = [
    ...teams.map((it) => `team ${it.name}`),
    ...apps.map((it) => `app ${it.app.name}`),
  ];
  return (
    <Choice
      label="Good for"
      value={scope}
      choices={[["", "all apps"], ...names.map((it) => [it, `${it} only`] as const)]}
      onChoose={onChoose}
    />
  );
}

function UserChoice({ user, onChoose }: { user: string; onChoose: (user: string) => void }) {
  const { data: users = [] } = useList(listUsers, {});
  return (
    <Choice
      label="Whose"
      value={user}
      choices={[["", "choose"], ...users.map((it) => [it.name, it.name] as const)]}
      onChoose={onChoose}
    />
  );
}
