import { useState, type FormEvent } from "react";
import type { ApiError } from "../data/client.ts";
import { Field } from "./field.tsx";
import { ErrorNote } from "./note.tsx";
import { RoleChoice } from "./role-choice.tsx";

type GrantRoleProps = {
  /** Whom the role is given to, and for what. */
  readonly label: string;
  readonly onGrant: (user: string, role: string) => void;
  readonly isBusy: boolean;
  readonly error: ApiError | null;
};

/** Gives a person a role, in a team or with an app. */
export function GrantRole({ label, onGrant, isBusy, error }: GrantRoleProps) {
  const [user, setUser] = useState("");
  const [role, setRole] = useState("deployer");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onGrant(user, role);
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field label={label} placeholder="name" required value={user} onText={setUser} />
      <RoleChoice role={role} onChoose={setRole} />
      <button type="submit" className="button" disabled={isBusy}>
        Give role
      </button>
      {error && <ErrorNote error={error} />}
    </form>
  );
}
