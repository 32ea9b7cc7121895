const tones = {
  running: "good",
  healthy: "good",
  done: "good",
  starting: "busy",
  waiting: "quiet",
  draining: "busy",
  held: "busy",
  pending: "busy",
  crashing: "bad",
  failed: "bad",
  undeployed: "quiet",
  stopped: "quiet",
  superseded: "quiet",
  aborted: "quiet",
  interrupted: "quiet",
} as const satisfies Record<string, Tone>;

export type Tone = "good" | "busy" | "bad" | "quiet";

const words: Readonly<Record<string, string>> = { undeployed: "not deployed yet" };

export function stateWords(state: string): string {
  return words[state] ?? state;
}

/** How something is doing: always as a word, the colour only repeats it. */
export function State({ state }: { state: string }) {
  const tone: Tone = Object.hasOwn(tones, state) ? tones[state as keyof typeof tones] : "quiet";
  return <Badge tone={tone}>{stateWords(state)}</Badge>;
}

/** A job that runs is busy, where an instance that runs is well. */
export function JobState({ status }: { status: string }) {
  return status === "running" ? <Badge tone="busy">running</Badge> : <State state={status} />;
}

export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={`state state-${tone}`}>
      <span className="state-dot" aria-hidden="true" />
      {children}
    </span>
  );
}
