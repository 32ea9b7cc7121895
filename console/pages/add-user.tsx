import { useState, type FormEvent } from "react";
import type { SignInLinkView, UserView } from "#api/people-views.ts";
import { listTeams } from "#api/teams.ts";
import { addUser } from "#api/users.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Check } from "../parts/check.tsx";
import { Commands } from "../parts/copy.tsx";
import { Choice, Field } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { RoleChoice } from "../parts/role-choice.tsx";

type AddUserProps = { readonly onAdded: (user: UserView, link: SignInLinkView) => void };

export function AddUser({ onAdded }: AddUserProps) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [team, setTeam] = useState("");
  const [role, setRole] = useState("deployer");
  const [superuser, setSuperuser] = useState(false);
  const teams = useList(listTeams, {});
  const add = useAction(addUser, ({ user, link }, { body }) => {
    setName(emptied(body.name));
    setEmail(emptied(body.email ?? ""));
    onAdded(user, link);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const of = team === "" ? {} : { team };
    add.mutate({ body: { name, email: email || null, superuser, role, ...of } });
  };
  return (
    <form className="form" onSubmit={submit}>
      <div className="field-pair">
        <Field label="Name" required value={name} onText={setName} />
        <Field
          label="Mail address"
          type="email"
          hint="Needed for a company's sign-on only"
          value={email}
          onText={setEmail}
        />
      </div>
      <div className="field-pair">
        <Choice
          label="Team"
          value={team}
          choices={[["", "none"], ...(teams.data ?? []).map((it) => [it.name, it.name] as const)]}
          onChoose={setTeam}
        />
        <RoleChoice role={role} onChoose={setRole} />
      </div>
      <Check label="Superuser: may do everything" isOn={superuser} onTurn={setSuperuser} />
      {add.error && <ErrorNote error={add.error} />}
      <div className="form-end">
        <button type="submit" className="button primary" disabled={add.isPending}>
          Add person
        </button>
      </div>
    </form>
  );
}

/** A one-time link, to be passed on by a way that the two trust. */
export function LinkToPass({ name, link }: { name: string; link: SignInLinkView }) {
  const until = new Date(link.expiresAt).toLocaleTimeString("en-GB", { timeStyle: "short" });
  return (
    <div className="note">
      <p className="note-title">
        Give this link to {name}. It works once, until {until}.
      </p>
      <Commands lines={[link.url]} label={`Sign-in link for ${name}`} />
    </div>
  );
}
