import { useState } from "react";
import { changeConfigVars, listConfigVars, revealConfigVars } from "#api/config.ts";
import type { ChangeView, ConfigVarView } from "#api/views.ts";
import { useMay } from "../data/session.ts";
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
import { SetVar } from "./set-var.tsx";
import { SmallButton } from "../parts/small-button.tsx";

export function AppConfigPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <Config target={target} />}</AppFrame>;
}

function Config({ target }: { target: string }) {
  const vars = useList(listConfigVars, { params: { target } });
  const [edited, setEdited] = useState<ConfigVarView | null>(null);
  return (
    <div className="columns">
      <Panel title="Config vars" className="wide">
        <Answer of={vars}>
          {(known) => <ConfigVars target={target} vars={known} onEdit={setEdited} />}
        </Answer>
      </Panel>
      <Panel title={edited ? `Change ${edited.name}` : "Set a config var"} className="wide">
        <SetVar
          key={edited?.name ?? ""}
          target={target}
          edited={edited}
          onEnd={(answer) => {
            setEdited(null);
            if (answer) told(answer);
          }}
        />
      </Panel>
    </div>
  );
}

function told({ job }: ChangeView): void {
  if (job) notify(<JobNotice words="A release with the new config vars is on its way" job={job} />);
  else notify("Kept; it holds from the first push on.");
}

type ConfigVarsProps = {
  readonly target: string;
  readonly vars: readonly ConfigVarView[];
  readonly onEdit: (edited: ConfigVarView) => void;
};

function ConfigVars({ target, vars, onEdit }: ConfigVarsProps) {
  const change = useAction(changeConfigVars, told);
  if (vars.length === 0) {
    return (
      <Empty title="No config vars yet.">
        <p>They are given to the app as its environment: addresses of databases, keys, switches.</p>
      </Empty>
    );
  }
  return (
    <>
      {change.error && <ErrorNote error={change.error} />}
      <ul className="rows">
        {vars.map((it) => (
          <ConfigVar
            key={it.name}
            target={target}
            configVar={it}
            onEdit={onEdit}
            onUnset={() => change.mutate({ params: { target }, body: { [it.name]: null } })}
          />
        ))}
      </ul>
    </>
  );
}

type ConfigVarProps = {
  readonly target: string;
  readonly configVar: ConfigVarView;
  readonly onEdit: (edited: ConfigVarView) => void;
  readonly onUnset: () => void;
};

function ConfigVar({ target, configVar, onEdit, onUnset }: ConfigVarProps) {
  const { name, value, secret } = configVar;
  return (
    <li className="row config-var">
      <code className="config-name" title={name}>
        {name}
      </code>
      <span className="row-main">
        {secret ? <SecretValue target={target} name={name} /> : <Value text={value ?? ""} />}
      </span>
      <SmallButton onPress={() => onEdit(configVar)}>
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
        disabled={!mayReveal}
        title={mayReveal ? undefined : "You may not see the values of secrets here"}
        onClick={() => reveal.mutate({ params: { target }, body: { names: [name] } })}
      >
        Reveal<span className="unseen"> the value of {name}</span>
      </button>
      {reveal.error && <ErrorNote error={reveal.error} />}
    </>
  );
}
