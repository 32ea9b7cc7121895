import { useEffect, useState, type ComponentProps, type FormEvent, type ReactNode } from "react";
import { goTo, useAddress } from "../data/location.ts";
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
import { plainText } from "../lib/text.ts";
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
  const refusal = useAddress().query.get("error");
  const error = deed.error ?? (refusal === null ? null : refusalOf(refusal, signOn));
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
      {error && <ErrorNote error={error} />}
      <WayForm way={way} isBusy={deed.isBusy} onAttempt={attempt} />
      <div className="sign-in-ways">
        {way !== "password" && <Other onChoose={() => setWay("password")}>Use a password</Other>}
        {way === "password" && hasPasskeys() && (
          <Other isBusy={deed.isBusy} onChoose={() => attempt(signInByPasskey)}>
            Use a passkey
          </Other>
        )}
        {signOn !== null && (
          <Other isBusy={deed.isBusy} onChoose={() => deed.run(leaveForSignOn)}>
            {`Use ${signOn}`}
          </Other>
        )}
        {way !== "token" && <Other onChoose={() => setWay("token")}>Use a token</Other>}
      </div>
      <FirstTime />
    </main>
  );
}

function WayForm({ way, ...form }: FormProps & { readonly way: Way }) {
  if (way === "password") return <PasswordForm {...form} />;
  return way === "token" ? <TokenForm {...form} /> : <CodeForm {...form} />;
}

function FirstTime() {
  return (
    <p className="hint">
      The first time? Open the sign-in link that somebody gave you. On the server, berth sign-in
      prints one.
    </p>
  );
}

/** Why the company's sign-on led back to here, which it says in the address. */
function refusalOf(code: string, signOn: string | null): { message: string; hint: string } {
  const name = signOn ?? "The sign-on";
  // The codes of better-auth for whom nobody added.
  return /sign_?up|not_linked|not_found/i.test(code)
    ? {
        message: `${name} knows you, Berth does not.`,
        hint: "Ask whoever looks after this Berth to add you, with the mail address that you have there.",
      }
    : { message: `${name} did not let you in (${plainText(code, 60)}).`, hint: "Try again." };
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

function CodeForm(form: FormProps) {
  return (
    <OneField
      {...form}
      label="Code"
      hint="Six digits from your authenticator app, or one of the codes you wrote down"
      autoComplete="one-time-code"
      onGiven={giveSecondFactor}
    />
  );
}

function TokenForm(form: FormProps) {
  return (
    <OneField
      {...form}
      label="Token"
      hint="One of yours, or the one in data/api.token in Berth's home"
      type="password"
      onGiven={signInByToken}
    />
  );
}

type OneFieldProps = FormProps &
  Pick<ComponentProps<typeof Field>, "label" | "hint" | "type" | "autoComplete"> & {
    readonly onGiven: (text: string) => Promise<void>;
  };

function OneField({ isBusy, onAttempt, onGiven, ...field }: OneFieldProps) {
  const [text, setText] = useState("");
  return (
    <SignInForm isBusy={isBusy} onSubmit={() => onAttempt(() => onGiven(text.trim()))}>
      <Field {...field} required value={text} onText={setText} />
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

type OtherProps = {
  readonly isBusy?: boolean;
  readonly onChoose: () => void;
  readonly children: string;
};

function Other({ isBusy = false, onChoose, children }: OtherProps) {
  return (
    <button type="button" className="button small quiet" disabled={isBusy} onClick={onChoose}>
      {children}
    </button>
  );
}
