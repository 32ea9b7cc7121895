import { useState } from "react";
import { scale } from "#api/instances.ts";
import { releaseInfo } from "#api/releases.ts";
import type { ResultOf } from "#api/operation.ts";
import { useMay } from "../data/session.ts";
import { useAction, useOperation } from "../data/use-operation.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { JobNotice } from "../parts/job-link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";

type ProcessTypes = ResultOf<typeof releaseInfo>["processTypes"];

/** How many instances of each process type are wanted, and the way to want others. */
export function Formation({ target }: { target: string }) {
  const release = useOperation(releaseInfo, { params: { target, release: "current" } });
  return (
    <Answer of={release} rows={2}>
      {({ processTypes, number }) => (
        <Counts key={number} target={target} processTypes={processTypes} />
      )}
    </Answer>
  );
}

function Counts({ target, processTypes }: { target: string; processTypes: ProcessTypes }) {
  const [wanted, setWanted] = useState<Readonly<Record<string, number>>>({});
  const mayOperate = useMay("operate", target);
  const scaling = useAction(scale, ({ job }) => {
    setWanted({});
    if (job) notify(<JobNotice words={`Scaling ${target}`} job={job} />);
  });
  const changes = Object.entries(wanted).filter(
    ([name, count]) => processTypes[name]?.count !== count,
  );
  const isScalable = Object.values(processTypes).some(({ kind }) => kind !== "static");
  return (
    <div className="formation">
      {Object.entries(processTypes).map(([name, type]) => (
        <ProcessTypeRow
          key={name}
          name={name}
          type={type}
          mayChange={mayOperate}
          count={wanted[name] ?? type.count}
          onCount={(next) => setWanted({ ...wanted, [name]: next })}
        />
      ))}
      {scaling.error && <ErrorNote error={scaling.error} />}
      <div className="form-end" hidden={!mayOperate || !isScalable}>
        <button
          type="button"
          className="button primary"
          disabled={changes.length === 0 || scaling.isPending}
          onClick={() => scaling.mutate({ params: { target }, body: Object.fromEntries(changes) })}
        >
          Scale
        </button>
        {changes.length > 0 && (
          <button type="button" className="button quiet" onClick={() => setWanted({})}>
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
