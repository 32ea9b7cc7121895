/** One line of a log as it is shown. */
export type Line = {
  /** Counted from the first line that came, so that it stays the same when old ones are dropped. */
  readonly number: number;
  readonly at: string | null;
  readonly source: string;
  readonly text: string;
};

export type LineBuffer = {
  /** The lines that pass the filter, oldest first; the same array until something changes. */
  readonly shown: () => readonly Line[];
  readonly total: () => number;
  readonly add: (lines: readonly Omit<Line, "number">[]) => void;
  readonly setFilter: (passes: ((line: Line) => boolean) | null) => void;
  /** While it is paused, what is shown stays as it is; lines are kept all the same. */
  readonly setPaused: (isPaused: boolean) => void;
  readonly clear: () => void;
  readonly subscribe: (listener: () => void) => () => void;
};

/** Keeps the newest lines, and those of them that pass the filter; a new line costs its own test only. */
export function createLineBuffer(linesMax = 100_000): LineBuffer {
  let lines: Line[] = [];
  let shown: readonly Line[] = [];
  let passing: readonly Line[] = [];
  let isPaused = false;
  let passes: ((line: Line) => boolean) | null = null;
  let nextNumber = 1;
  const listeners = new Set<() => void>();
  const tell = (next: readonly Line[]) => {
    passing = next;
    if (isPaused) return;
    shown = next;
    for (const listener of listeners) listener();
  };
  const newest = (all: Line[]) => (all.length > linesMax ? all.slice(all.length - linesMax) : all);
  return {
    shown: () => shown,
    total: () => lines.length,
    add(added) {
      if (added.length === 0) return;
      const numbered = added.map((line) => ({ ...line, number: nextNumber++ }));
      lines = newest([...lines, ...numbered]);
      const first = lines[0]?.number ?? 0;
      const kept = passing.filter(({ number }) => number >= first);
      tell([...kept, ...(passes ? numbered.filter(passes) : numbered)].slice(-linesMax));
    },
    setFilter(filter) {
      passes = filter;
      tell(filter ? lines.filter(filter) : [...lines]);
    },
    setPaused(paused) {
      isPaused = paused;
      if (!paused) tell(passing);
    },
    clear() {
      lines = [];
      tell([]);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The rows of a list that a window onto it shows, with some more on each side. */
export function visibleRange(window: {
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly rows: number;
}): { first: number; end: number } {
  const { top, height, rowHeight, rows } = window;
  const more = 10;
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight)) - more);
  return { first, end: Math.min(rows, Math.ceil((top + height) / rowHeight) + more) };
}
