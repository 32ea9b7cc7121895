import { useState, type FormEvent } from "react";
import { platformStatus } from "#api/platform.ts";
import { call, type ApiError } from "../data/client.ts";
import { forgetSession, openSession } from "../data/session.ts";
import { Field } from "../parts/field.tsx";
import { Mark } from "../parts/icon.tsx";
import { ErrorNote } from "../parts/note.tsx";

export function SignInPage() {
  const [token, setToken] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    openSession(token.trim());
    try {
      await call(platformStatus, {});
    } catch (problem) {
      forgetSession();
      // Everything that `call` throws on its own account.
      setError(problem as ApiError);
    }
  };
  return (
    <main className="sign-in">
      <title>Sign in · Berth</title>
      <Mark />
      <h1>Sign in to Berth</h1>
      {error && <ErrorNote error={error} />}
      <form onSubmit={(event) => void signIn(event)}>
        <Field
          label="Token"
          hint="It stands in data/api.token in Berth's home."
          type="password"
          required
          value={token}
          onText={setToken}
        />
        <button type="submit" className="button primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
