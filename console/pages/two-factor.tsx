import { useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { UserView } from "#api/people-views.ts";
import { beginTwoFactor, endTwoFactor, giveSecondFactor } from "../data/sign-in.ts";
import { useDeed } from "../data/use-deed.ts";
import { refreshed } from "../data/use-operation.ts";
import { Commands } from "../parts/copy.tsx";
import { Field, UserNameField } from "../parts/field.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Output } from "../parts/output.tsx";
import { Panel } from "../parts/panel.tsx";
import { QrCode } from "../parts/qr-code.tsx";

type Begun = { readonly uri: string; readonly backupCodes: readonly string[] };

/** A code from the phone after the password. */
export function TwoFactor({ user }: { user: UserView }) {
  const [begun, setBegun] = useState<Begun | null>(null);
  const queries = useQueryClient();
  const finish = async (words: string) => {
    setBegun(null);
    notify(words);
    await refreshed(queries);
  };
  return (
    <Panel title="Second factor">
      {begun ? (
        <ConfirmCode begun={begun} onDone={() => finish("From now on a code is asked for.")} />
      ) : user.password ? (
        <Switch
          user={user}
          onBegun={setBegun}
          onEnded={() => finish("No code is asked for now.")}
        />
      ) : (
        <p className="aside">Set a password first: the code is asked for after it.</p>
      )}
    </Panel>
  );
}

type SwitchProps = {
  readonly user: UserView;
  readonly onBegun: (begun: Begun) => void;
  readonly onEnded: () => Promise<void>;
};

function Switch({ user: { name, twoFactor: isOn }, onBegun, onEnded }: SwitchProps) {
  const [password, setPassword] = useState("");
  const deed = useDeed();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      if (!isOn) return onBegun(await beginTwoFactor(password));
      await endTwoFactor(password);
      await onEnded();
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <p className="aside">
        {isOn
          ? "After your password, a code from your authenticator app is asked for."
          : "A code from an authenticator app on your phone, asked for after the password."}
      </p>
      <UserNameField name={name} />
      <Field
        label="Your password"
        type="password"
        required
        autoComplete="current-password"
        value={password}
        onText={setPassword}
      />
      {deed.error && <ErrorNote error={deed.error} />}
      <div className="form-end">
        <button type="submit" className="button" disabled={deed.isBusy}>
          {isOn ? "Turn off" : "Turn on"}
        </button>
      </div>
    </form>
  );
}

function ConfirmCode({ begun, onDone }: { begun: Begun; onDone: () => Promise<void> }) {
  const [code, setCode] = useState("");
  const deed = useDeed();
  const secret = new URL(begun.uri).searchParams.get("secret") ?? "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      await giveSecondFactor(code.trim());
      await onDone();
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <p>Read this with your authenticator app, or type the key into it:</p>
      <QrCode text={begun.uri} label="The key as a QR code" />
      <Commands lines={[secret]} label="The key to type" />
      <details>
        <summary>Codes for the day when the phone is lost: write them down</summary>
        <Output label="Codes">{begun.backupCodes.join("\n")}</Output>
      </details>
      <Field
        label="Code that the app shows"
        required
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        onText={setCode}
      />
      {deed.error && <ErrorNote error={deed.error} />}
      <div className="form-end">
        <button type="submit" className="button primary" disabled={deed.isBusy}>
          Confirm
        </button>
      </div>
    </form>
  );
}
