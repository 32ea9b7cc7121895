import { useState, type FormEvent } from "react";
import { setPassword } from "#api/account.ts";
import type { UserView } from "#api/people-views.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Field, UserNameField } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";

/** Sets the password: the first one after a sign-in link, or another one. */
export function PasswordPanel({ user }: { user: UserView }) {
  const hasPassword = user.password;
  const [current, setCurrent] = useState("");
  const [password, setText] = useState("");
  const change = useAction(setPassword, (_, { body }) => {
    setCurrent(emptied(body.current ?? ""));
    setText(emptied(body.password));
    notify("The password is set. Your other sessions are ended.");
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ body: { password, current: hasPassword ? current : null } });
  };
  return (
    <Panel title={hasPassword ? "Change your password" : "Set a password"}>
      <form className="form" onSubmit={submit}>
        <UserNameField name={user.name} />
        {hasPassword && (
          <Field
            label="Password so far"
            type="password"
            required
            autoComplete="current-password"
            value={current}
            onText={setCurrent}
          />
        )}
        <Field
          label="New password"
          hint="At least 12 characters: a few words that nobody would guess"
          type="password"
          required
          minLength={12}
          autoComplete="new-password"
          value={password}
          onText={setText}
        />
        {change.error && <ErrorNote error={change.error} />}
        <div className="form-end">
          <button type="submit" className="button primary" disabled={change.isPending}>
            Set password
          </button>
        </div>
      </form>
    </Panel>
  );
}
