import { useState } from "react";
import { changeConfigVars, listConfigVars, revealConfigVars } from "#api/config.ts";
import type { ChangeView, ConfigVarView } from "#api/views.ts";
import { call } from "../data/client.ts";
import { useMay } from "../data/session.ts";
import { useChange, type Refusal } from "../data/use-change.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { JobNotice } from "../parts/job-link.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { AppFrame } from "./app-frame.tsx";
import { SetVar, type VarToSet } from "./set-var.tsx";
import { SmallButton } from "../parts/small-button.tsx";

export function AppConfigPage({ target }: { target: string }) {
  return (
    <AppFrame target={target}>
      {({ current }) => <Config target={target} release={current?.number ?? 0} />}
    </AppFrame>
  );
}

function Config({ target, release }: { target: string; release: number }) {
  const vars = useList(listConfigVars, { params: { target } });
  const change = useChange();
  const [edited, setEdited] = useState<VarToSet | null>(null);
  const [lost, setLost] = useState<VarToSet | null>(null);
  const [takenCount, setTakenCount] = useState(0);
  const version = `${release} ${takenCount}`;
  const set = (sent: VarToSet, onTaken: () => void) => {
    const { name, value, secret } = sent;
    const body = { [name]: secret ? { secret: value } : value };
    let isTaken = false;
    setLost(null);
    change.make(() => call(changeConfigVars, { params: { target }, body }), {
      onTaken: (taken) => {
        isTaken = true;
        onTaken();
        setTakenCount((count) => count + 1);
        setEdited((now) => (now === edited ? null : now));
        told(taken);
      },
      // Until it is taken, it stands in the form.
      onRefused: () => isTaken && setLost(sent),
    });
  };
  return (
    <div className="columns">
      <Panel title="Config vars" className="wide">
        <Answer of={vars}>
          {(known) => (
            <ConfigVars target={target} version={version} vars={known} onEdit={setEdited} />
          )}
        </Answer>
      </Panel>
      <Panel title={edited ? `Change ${edited.name}` : "Set a config var"} className="wide">
        <SetVar
          key={edited === null ? "" : `${edited.name} ${edited === lost ? "again" : ""}`}
          edited={edited}
          isSending={change.isSending}
          problem={
            <Refused by={change.refusal} lost={lost === edited ? null : lost} onShow={setEdited} />
          }
          onSet={set}
          onKeep={() => setEdited(null)}
        />
      </Panel>
    </div>
  );
}

type RefusedProps = {
  readonly by: Refusal | null;
  /** What was sent and is not in the form any more. */
  readonly lost: VarToSet | null;
  readonly onShow: (lost: VarToSet) => void;
};

function Refused({ by, lost, onShow }: RefusedProps) {
  return (
    <>
      {by && <ErrorNote error={by} />}
      {lost && (
        <p>
          <SmallButton onPress={() => onShow(lost)}>Show what was sent</SmallButton>
        </p>
      )}
    </>
  );
}

function told({ job }: ChangeView): void {
  if (job) notify(<JobNotice words="A release with the new config vars is on its way" job={job} />);
  else notify("Kept; it holds from the first push on.");
}

type ConfigVarsProps = {
  readonly target: string;
  /** With another one, what was revealed may not be true any more. */
  readonly version: string;
  readonly vars: readonly ConfigVarView[];
  readonly onEdit: (edited: VarToSet) => void;
};

function ConfigVars({ target, version, vars, onEdit }: ConfigVarsProps) {
  const change = useChange();
  if (vars.length === 0) {
    return (
      <Empty title="No config vars yet.">
        <p>They are given to the app as its environment: addresses of databases, keys, switches.</p>
      </Empty>
    );
  }
  const unset = (name: string) =>
    change.make(() => call(changeConfigVars, { params: { target }, body: { [name]: null } }), {
      onTaken: told,
    });
  return (
    <>
      {change.refusal && <ErrorNote error={change.refusal} />}
      <ul className="rows">
        {vars.map((it) => (
          <ConfigVar
            key={it.name}
            target={target}
            version={version}
            configVar={it}
            onEdit={() => onEdit({ ...it, value: it.value ?? "" })}
            onUnset={() => unset(it.name)}
          />
        ))}
      </ul>
    </>
  );
}

type ConfigVarProps = Pick<ConfigVarsProps, "target" | "version"> & {
  readonly configVar: ConfigVarView;
  readonly onEdit: () => void;
  readonly onUnset: () => void;
};

function ConfigVar({ target, version, configVar, onEdit, onUnset }: ConfigVarProps) {
  const { name, value, secret } = configVar;
  return (
    <li className="row config-var">
      <code className="config-name" title={name}>
        {name}
      </code>
      <span className="row-main">
        {secret ? (
          <SecretValue key={version} target={target} name={name} />
        ) : (
          <Value text={value ?? ""} />
        )}
      </span>
      <SmallButton onPress={onEdit}>
        Change<span className="unseen"> {name}</span>
      </SmallButton>
      <Confirm words="Unset" name={name} onConfirm={onUnset}>
        A deployed branch gets a new release without it at once. A rollback brings it back.
      </Confirm>
    </li>
  );
}

function Value({ text }: { text: string }) {
  return (
    <code className="config-value">
      <bdi>{plainText(text)}</bdi>
    </code>
  );
}

/** Masked until somebody who may see it asks, which is noted among the events. */
function SecretValue({ target, name }: { target: string; name: string }) {
  const reveal = useAction(revealConfigVars);
  const mayReveal = useMay("reveal", target);
  const value = reveal.data?.[name];
  if (value !== undefined) {
    return (
      <>
        <Value text={value} />{" "}
        <SmallButton onPress={() => reveal.reset()}>
          Hide<span className="unseen"> the value of {name}</span>
        </SmallButton>
      </>
    );
  }
  return (
    <>
      <span className="aside secret">secret ••••••••</span>{" "}
      <button
        type="button"
        className="button small"
        disabled={!mayReveal || reveal.isPending}
        title={mayReveal ? undefined : "You may not see the values of secrets here"}
        onClick={() => reveal.mutate({ params: { target }, body: { names: [name] } })}
      >
        Reveal<span className="unseen"> the value of {name}</span>
      </button>
      {reveal.error && <ErrorNote error={reveal.error} />}
    </>
  );
}
