import { scale } from "#api/instances.ts";
import { releaseInfo } from "#api/releases.ts";
import type { ResultOf } from "#api/operation.ts";
import type { ChangeView } from "#api/views.ts";
import { call } from "../data/client.ts";
import { useMay } from "../data/session.ts";
import { useDraft } from "../data/use-draft.ts";
import { useOperation } from "../data/use-operation.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { JobNotice } from "../parts/job-link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";

type ProcessTypes = ResultOf<typeof releaseInfo>["processTypes"];
type Counted = Readonly<Record<string, number>>;

/** How many instances of each process type are wanted, and the way to want others. */
export function Formation({ target }: { target: string }) {
  const release = useOperation(releaseInfo, { params: { target, release: "current" } });
  return (
    <Answer of={release} rows={2}>
      {({ processTypes }) => <Counts target={target} processTypes={processTypes} />}
    </Answer>
  );
}

function Counts({ target, processTypes }: { target: string; processTypes: ProcessTypes }) {
  const holding = Object.entries(processTypes).map(([name, { count }]) => [name, count]);
  const form = useDraft<Counted>(Object.fromEntries(holding));
  const mayOperate = useMay("operate", target);
  const told = ({ job }: ChangeView) => {
    if (job) notify(<JobNotice words={`Scaling ${target}`} job={job} />);
  };
  const submit = () =>
    // Whatever was typed has a count.
    form.send(told, (counts) => call(scale, { params: { target }, body: counts as Counted }));
  const isScalable = Object.values(processTypes).some(({ kind }) => kind !== "static");
  return (
    <div className="formation">
      {Object.entries(processTypes).map(([name, type]) => (
        <ProcessTypeRow
          key={name}
          name={name}
          type={type}
          mayChange={mayOperate}
          count={form.shown[name] ?? type.count}
          onCount={(count) => form.type({ [name]: count })}
        />
      ))}
      {form.refusal && <ErrorNote error={form.refusal} />}
      <div className="form-end" hidden={!mayOperate || !isScalable}>
        <button type="button" className="button primary" disabled={!form.maySend} onClick={submit}>
          Scale
        </button>
        {form.isChanged && (
          <button type="button" className="button quiet" onClick={form.forget}>
            Keep as it is
          </button>
        )}
      </div>
    </div>
  );
}

type ProcessTypeRowProps = StepperProps & {
  readonly type: ProcessTypes[string];
  readonly mayChange: boolean;
};

function ProcessTypeRow({ type, mayChange, ...stepper }: ProcessTypeRowProps) {
  const isStatic = type.kind === "static";
  const what = isStatic ? `files in /${type.directory}` : type.command;
  return (
    <div className="formation-row">
      <div className="row-main">
        <p className="process-name">{stepper.name}</p>
        <p className="aside clip">
          <code>{plainText(what, 200)}</code>
        </p>
      </div>
      {isStatic && <span className="aside">served by the router</span>}
      {!isStatic && mayChange && <Stepper {...stepper} />}
      {!isStatic && !mayChange && <span className="figure">{stepper.count}</span>}
    </div>
  );
}

type StepperProps = {
  readonly name: string;
  readonly count: number;
  readonly onCount: (count: number) => void;
};

function Stepper({ name, count, onCount }: StepperProps) {
  return (
    <div className="stepper" role="group" aria-label={`Instances of ${name}`}>
      <button
        type="button"
        className="button"
        aria-label={`One ${name} less`}
        disabled={count === 0}
        onClick={() => onCount(count - 1)}
      >
        −
      </button>
      <output className="figure">{count}</output>
      <button
        type="button"
        className="button"
        aria-label={`One ${name} more`}
        onClick={() => onCount(count + 1)}
      >
        +
      </button>
    </div>
  );
}
