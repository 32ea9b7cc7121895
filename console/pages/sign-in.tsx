import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { goTo } from "../data/location.ts";
import {
  giveSecondFactor,
  hasPasskeys,
  signInByLink,
  signInByPasskey,
  signInByPassword,
  signInByToken,
  signOnName,
  startSignOn,
} from "../data/sign-in.ts";
import { useDeed } from "../data/use-deed.ts";
import { Field } from "../parts/field.tsx";
import { Mark } from "../parts/icon.tsx";
import { ErrorNote } from "../parts/note.tsx";

type Way = "password" | "second factor" | "token";

/** Whoever is not known yet says here who they are, in one of several ways. */
export function SignInPage({ onDone }: { onDone: () => void }) {
  const [way, setWay] = useState<Way>("password");
  const deed = useDeed();
  const [signOn, setSignOn] = useState<string | null>(null);
  useEffect(() => {
    signOnName().then(setSignOn, () => setSignOn(null));
  }, []);
  useLink(deed.run, onDone);
  const attempt = (act: () => Promise<"done" | "second factor" | void>) =>
    deed.run(async () => {
      if ((await act()) === "second factor") setWay("second factor");
      else onDone();
    });
  return (
    <main className="sign-in">
      <title>Sign in · Berth</title>
      <Mark />
      <h1>Sign in to Berth</h1>
      {deed.error && <ErrorNote error={deed.error} />}
      {way === "password" && <PasswordForm isBusy={deed.isBusy} onAttempt={attempt} />}
      {way === "second factor" && <CodeForm isBusy={deed.isBusy} onAttempt={attempt} />}
      {way === "token" && <TokenForm isBusy={deed.isBusy} onAttempt={attempt} />}
      <div className="sign-in-ways">
        {way !== "password" && <Other onChoose={() => setWay("password")}>Use a password</Other>}
        {way === "password" && hasPasskeys() && (
          <Other onChoose={() => attempt(signInByPasskey)}>Use a passkey</Other>
        )}
        {signOn !== null && (
          <Other onChoose={() => deed.run(leaveForSignOn)}>{`Use ${signOn}`}</Other>
        )}
        {way !== "token" && <Other onChoose={() => setWay("token")}>Use a token</Other>}
      </div>
      <p className="hint">
        The first time? Open the sign-in link that somebody gave you. On the server, berth sign-in
        prints one.
      </p>
    </main>
  );
}

async function leaveForSignOn(): Promise<void> {
  location.assign(await startSignOn());
}

/** A link carries its token behind the #, which browsers send to nobody. */
function useLink(run: (act: () => Promise<void>) => void, onDone: () => void): void {
  useEffect(() => {
    const [, token] = /^#link=([\w.-]+)$/.exec(location.hash) ?? [];
    if (token === undefined) return;
    history.replaceState(null, "", "/");
    run(async () => {
      await signInByLink(token);
      onDone();
      goTo("/account", { replace: true });
    });
  }, [run, onDone]);
}

type Attempt = (act: () => Promise<"done" | "second factor" | void>) => void;
type FormProps = { readonly isBusy: boolean; readonly onAttempt: Attempt };

function PasswordForm({ isBusy, onAttempt }: FormProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  return (
    <SignInForm isBusy={isBusy} onSubmit={() => onAttempt(() => signInByPassword(name, password))}>
      <Field label="Name" required autoComplete="username" value={name} onText={setName} />
      <Field
        label="Password"
        type="password"
        required
        autoComplete="current-password"
        value={password}
        onText={setPassword}
      />
    </SignInForm>
  );
}

function CodeForm({ isBusy, onAttempt }: FormProps) {
  const [code, setCode] = useState("");
  return (
    <SignInForm isBusy={isBusy} onSubmit={() => onAttempt(() => giveSecondFactor(code.trim()))}>
      <Field
        label="Code"
        hint="Six digits from your authenticator app, or one of the codes you wrote down"
        required
        autoComplete="one-time-code"
        value={code}
        onText={setCode}
      />
    </SignInForm>
  );
}

function TokenForm({ isBusy, onAttempt }: FormProps) {
  const [token, setToken] = useState("");
  const submit = () => onAttempt(() => signInByToken(token.trim()));
  return (
    <SignInForm isBusy={isBusy} onSubmit={submit}>
      <Field
        label="Token"
        hint="One of yours, or the one in data/api.token in Berth's home"
        type="password"
        required
        value={token}
        onText={setToken}
      />
    </SignInForm>
  );
}

function SignInForm(props: {
  readonly isBusy: boolean;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <form onSubmit={submit}>
      {props.children}
      <button type="submit" className="button primary" disabled={props.isBusy}>
        Sign in
      </button>
    </form>
  );
}

function Other({ onChoose, children }: { onChoose: () => void; children: string }) {
  return (
    <button type="button" className="button small quiet" onClick={onChoose}>
      {children}
    </button>
  );
}
