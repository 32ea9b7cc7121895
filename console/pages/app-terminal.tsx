import { lazy, Suspense, useState, type FormEvent } from "react";
import { Field } from "../parts/field.tsx";
import { Empty, Waiting } from "../parts/note.tsx";
import { AppFrame } from "./app-frame.tsx";

// The terminal comes with the first command, not with the first page.
const Terminal = lazy(async () => ({
  default: (await import("../parts/terminal.tsx")).Terminal,
}));

/** One command at a time, in the sandbox of what is current. */
export function AppTerminalPage({ target }: { target: string }) {
  return (
    <AppFrame target={target}>
      {(branch) =>
        branch.current === null ? (
          <Empty title="Nothing is deployed yet, so there is nothing to run a command in." />
        ) : (
          <Commander target={target} />
        )
      }
    </AppFrame>
  );
}

function Commander({ target }: { target: string }) {
  const [command, setCommand] = useState("bash");
  const [started, setStarted] = useState<{ command: string; number: number } | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setStarted({ command, number: (started?.number ?? 0) + 1 });
  };
  return (
    <div className="log-page">
      <form className="filters" onSubmit={submit}>
        <Field label="Command" className="code" required value={command} onText={setCommand} />
        <button type="submit" className="button primary">
          {started ? "Run again" : "Run"}
        </button>
      </form>
      <p className="hint">
        Runs in a sandbox of its own, with the code and config vars of what is current.
      </p>
      {started && (
        <Suspense fallback={<Waiting rows={4} />}>
          <Terminal key={started.number} target={target} command={started.command} />
        </Suspense>
      )}
    </div>
  );
}
