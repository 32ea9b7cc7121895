import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Xterm } from "@xterm/xterm";
import { useEffect, useRef, useState } from "react";
import "@xterm/xterm/css/xterm.css";
import { ApiError } from "../data/client.ts";
import { startRun, type Run } from "../data/run.ts";
import { coloursAt, useColours } from "../data/scheme.ts";
import { keepStyleOnly } from "../lib/style-only.ts";
import { ErrorNote } from "./note.tsx";

type TerminalProps = { readonly target: string; readonly command: string };

/** A command and its terminal; leaving the page ends both. */
export function Terminal({ target, command }: TerminalProps) {
  const place = useRef<HTMLDivElement>(null);
  const [end, setEnd] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const scheme = useColours();
  const shown = useRef<Xterm | null>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const { terminal, dispose } = openTerminal(element);
    shown.current = terminal;
    const detach = attach(terminal, { target, command }, { onEnd: setEnd, onError: setError });
    return () => {
      detach();
      dispose();
    };
  }, [target, command]);
  useEffect(() => {
    if (!shown.current || !place.current) return;
    place.current.dataset["colours"] = scheme;
    shown.current.options.theme = themeOf(place.current);
  }, [scheme]);
  return (
    <>
      {error && <ErrorNote error={error} />}
      <Keys onKey={(text) => shown.current?.input(text)} />
      <div className="command-terminal" ref={place} />
      <p className="aside" role="status">
        {end ?? "Runs. Leaving this page ends it."}
      </p>
    </>
  );
}

const keys = [
  ["Esc", "\u001b"],
  ["Tab", "\t"],
  ["Ctrl C", "\u0003"],
  ["Ctrl D", "\u0004"],
  ["↑", "\u001b[A"],
  ["↓", "\u001b[B"],
] as const;

/** The keys that a phone's keyboard does not have. */
function Keys({ onKey }: { onKey: (text: string) => void }) {
  return (
    <div className="terminal-keys" role="group" aria-label="Keys">
      {keys.map(([name, text]) => (
        <button
          key={name}
          type="button"
          className="button small"
          // The keyboard of the phone stays open.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onKey(text)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

type Outcomes = {
  readonly onEnd: (words: string) => void;
  readonly onError: (error: ApiError | null) => void;
};

/** Starts the command in the terminal; the answer ends it. */
function attach(terminal: Xterm, asked: TerminalProps, { onEnd, onError }: Outcomes): () => void {
  let run: Run | null = null;
  let isLeft = false;
  const size = { columns: terminal.cols, rows: terminal.rows };
  const onOutput = (bytes: Uint8Array) => terminal.write(bytes);
  startRun({ ...asked, size }, { onOutput, onEnd }).then(
    (started) => {
      run = started;
      if (isLeft) started.close();
    },
    (problem: unknown) => onError(problem instanceof ApiError ? problem : null),
  );
  terminal.onData((text) => run?.type(text));
  terminal.onResize(({ cols, rows }) => run?.resize({ columns: cols, rows }));
  terminal.focus();
  return () => {
    isLeft = true;
    run?.close();
  };
}

function openTerminal(element: HTMLElement) {
  const release = keepStyleOnly(document);
  const terminal = new Xterm({
    fontFamily: getComputedStyle(element).fontFamily,
    fontSize: 13,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    screenReaderMode: true,
    scrollback: 5000,
    theme: themeOf(element),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  fit.fit();
  const resized = new ResizeObserver(() => fit.fit());
  resized.observe(element);
  const dispose = () => {
    resized.disconnect();
    terminal.dispose();
    release();
  };
  return { terminal, dispose };
}

function themeOf(element: HTMLElement) {
  const { backgroundColor } = getComputedStyle(element);
  return { background: backgroundColor, ...coloursAt(element, colours) };
}

const colours = {
  foreground: "--ink",
  cursor: "--accent",
  black: "--ansi-black",
  red: "--ansi-red",
  green: "--ansi-green",
  yellow: "--ansi-yellow",
  blue: "--ansi-blue",
  magenta: "--ansi-magenta",
  cyan: "--ansi-cyan",
  white: "--ansi-white",
} as const;
