import { useEffect, useState } from "react";
import { listInstances } from "#api/instances.ts";
import { useAddressValue } from "../data/location.ts";
import { useAppLog } from "../data/use-log.ts";
import { useList } from "../data/use-operation.ts";
import { withoutAnsi } from "../lib/ansi.ts";
import type { Line } from "../lib/line-buffer.ts";
import { Choice, Field } from "../parts/field.tsx";
import { LogView } from "../parts/log-view.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { AppFrame } from "./app-frame.tsx";

export function AppLogsPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <AppLog target={target} />}</AppFrame>;
}

function AppLog({ target }: { target: string }) {
  const [process, setProcess] = useAddressValue("process");
  const [wanted, setWanted] = useAddressValue("find");
  const [isPaused, setPaused] = useState(false);
  const { buffer, error } = useAppLog(target, process);
  const instances = useList(listInstances, { params: { target } });
  useEffect(() => buffer.setFilter(wanted === "" ? null : lineHas(wanted)), [buffer, wanted]);
  useEffect(() => buffer.setPaused(isPaused), [buffer, isPaused]);
  const names = (instances.data ?? []).map(({ name }) => name);
  const types = new Set((instances.data ?? []).map(({ processType }) => processType));
  const known = [...types, ...names];
  const choices = process === "" || known.includes(process) ? known : [process, ...known];
  return (
    <div className="log-page">
      <div className="filters">
        <Field label="Only lines with" type="search" value={wanted} onText={setWanted} />
        <Choice
          label="From"
          value={process}
          choices={[["", "all instances"], ...choices.map((it) => [it, it] as const)]}
          onChoose={setProcess}
        />
        <button
          type="button"
          className="button"
          aria-pressed={isPaused}
          onClick={() => setPaused(!isPaused)}
        >
          {isPaused ? "Go on" : "Pause"}
        </button>
      </div>
      {error && <ErrorNote error={error} />}
      <LogView
        buffer={buffer}
        label={`Log of ${target}`}
        empty={wanted === "" ? "Nothing has been printed yet." : `No line has “${wanted}” in it.`}
        hasSources
      />
    </div>
  );
}

function lineHas(wanted: string): (line: Line) => boolean {
  const sought = wanted.toLowerCase();
  return ({ text, source }) =>
    withoutAnsi(text).toLowerCase().includes(sought) || source.includes(sought);
}
