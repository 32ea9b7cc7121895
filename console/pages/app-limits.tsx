import type { FormEvent } from "react";
import { changeLimits, listLimits, type LimitStatusView } from "#api/limits.ts";
import type { ChangeView } from "#api/views.ts";
import { call } from "../data/client.ts";
import { useMay } from "../data/session.ts";
import { useDraft } from "../data/use-draft.ts";
import { useList } from "../data/use-list.ts";
import { renderBytes, renderCores } from "../lib/format.ts";
import { limitFields, limitInForce, limitsToSend, typedLimits } from "../lib/limits.ts";
import { Answer } from "../parts/answer.tsx";
import { Field } from "../parts/field.tsx";
import { JobNotice } from "../parts/job-link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { AppFrame } from "./app-frame.tsx";

/** What each instance and each build may use of the machine. */
export function AppLimitsPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <LimitPanels target={target} />}</AppFrame>;
}

function LimitPanels({ target }: { target: string }) {
  const limits = useList(listLimits, { params: { target } });
  return (
    <Answer of={limits} rows={8}>
      {(list) => (
        <div className="columns">
          {list.map((status) => (
            <Panel key={keyOfScope(status)} title={titleOf(status)} className="wide">
              <p className="aside">{meaningOf(status)}</p>
              {status.notes.map((text) => (
                <p className="aside" key={text}>
                  {text}
                </p>
              ))}
              {status.used && <Used used={status.used} limits={status.limits} />}
              <LimitForm target={target} status={status} />
            </Panel>
          ))}
        </div>
      )}
    </Answer>
  );
}

type UsedProps = {
  readonly used: NonNullable<LimitStatusView["used"]>;
  readonly limits: LimitStatusView["limits"];
};

/** How near the hungriest instance is to what it may use. */
function Used({ used, limits }: UsedProps) {
  return (
    <dl className="gauges">
      <Gauge name="Memory" used={used.memoryBytes} max={limits.memoryBytes} render={renderBytes} />
      <Gauge name="Processor" used={used.cpuCores} max={limits.cpuCores} render={renderCores} />
    </dl>
  );
}

type GaugeProps = {
  readonly name: string;
  readonly used: number;
  readonly max: number;
  readonly render: (value: number) => string;
};

function Gauge({ name, used, max, render }: GaugeProps) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <meter aria-label={`${name} in use`} max={max} high={max * 0.85} value={used} />
        <span className="figure">
          {render(used)} of {render(max)}
        </span>
      </dd>
    </>
  );
}

function LimitForm({ target, status }: { target: string; status: LimitStatusView }) {
  const form = useDraft(typedLimits(status));
  const mayConfigure = useMay("configure", target);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    form.send(told, (changed) => {
      const body = { scope: status.scope, limits: limitsToSend(changed) };
      return call(changeLimits, { params: { target }, body });
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <fieldset className="limit-fields" disabled={!mayConfigure}>
        <legend className="unseen">{titleOf(status)}</legend>
        {limitFields.map(({ key, label, step }) => (
          <Field
            key={key}
            label={label}
            type="number"
            inputMode="decimal"
            min={step}
            step={step}
            placeholder={limitInForce(status, key)}
            value={form.shown[key]}
            onText={(text) => form.type({ [key]: text })}
          />
        ))}
      </fieldset>
      {form.refusal && <ErrorNote error={form.refusal} />}
      <div className="form-end" hidden={!mayConfigure}>
        <button type="submit" className="button primary" disabled={!form.maySend}>
          Set limits<span className="unseen"> of {titleOf(status)}</span>
        </button>
      </div>
    </form>
  );
}

function told({ job }: ChangeView): void {
  if (job) notify(<JobNotice words="The new limits are taking hold" job={job} />);
  else notify("The new limits hold.");
}

function keyOfScope({ scope }: LimitStatusView): string {
  return scope.kind === "type" ? scope.processType : `(${scope.kind})`;
}

function titleOf({ scope }: LimitStatusView): string {
  if (scope.kind === "type") return `Each instance of ${scope.processType}`;
  return scope.kind === "build" ? "Each build" : "Each instance";
}

function meaningOf({ scope }: LimitStatusView): string {
  if (scope.kind === "build")
    return "Holds from the next build on. Grey is the default; what you type instead holds.";
  if (scope.kind === "type")
    return "Grey is what holds for each instance of the app; what you type instead holds for these.";
  return "Holds at once for what runs. Grey is the default; what you type instead holds.";
}
