import { useEffect, useState } from "react";
import { listInstances } from "#api/instances.ts";
import { useAddressValue } from "../data/location.ts";
import { logSources, useAppLog, type LogSource } from "../data/use-log.ts";
import { useList } from "../data/use-list.ts";
import { Choice, Field } from "../parts/field.tsx";
import { LogView } from "../parts/log-view.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { AppFrame } from "./app-frame.tsx";

export function AppLogsPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <AppLog target={target} />}</AppFrame>;
}

function AppLog({ target }: { target: string }) {
  const [process, setProcess] = useAddressValue("process");
  const [chosen, setSource] = useAddressValue("source");
  const [text, setText] = useAddressValue("find");
  const [isPaused, setPaused] = useState(false);
  const source = isLogSource(chosen) ? chosen : "app";
  const { buffer, error } = useAppLog({ target, source, process, text: useSettled(text) });
  useEffect(() => buffer.setPaused(isPaused), [buffer, isPaused]);
  return (
    <div className="log-page">
      <div className="filters">
        <Field label="Only lines with" type="search" value={text} onText={setText} />
        <Choice
          label="Written by"
          value={source}
          choices={(Object.keys(logSources) as LogSource[]).map((it) => [it, logSources[it].name])}
          onChoose={setSource}
        />
        <ProcessChoice target={target} process={process} onChoose={setProcess} />
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
        empty={text === "" ? "Nothing has been written yet." : `No line has “${text}” in it.`}
        hasSources
      />
    </div>
  );
}

type ProcessChoiceProps = {
  readonly target: string;
  readonly process: string;
  readonly onChoose: (process: string) => void;
};

function ProcessChoice({ target, process, onChoose }: ProcessChoiceProps) {
  const { data: instances = [] } = useList(listInstances, { params: { target } });
  const types = new Set(instances.map(({ processType }) => processType));
  const known = [...types, ...instances.map(({ name }) => name)];
  const choices = process === "" || known.includes(process) ? known : [process, ...known];
  return (
    <Choice
      label="Instances"
      value={process}
      choices={[["", "all"], ...choices.map((it) => [it, it] as const)]}
      onChoose={onChoose}
    />
  );
}

function isLogSource(text: string): text is LogSource {
  return Object.hasOwn(logSources, text);
}

/** What is typed, once nobody types for a moment: each search reads everything that is kept. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
