import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type RefObject,
} from "react";
import { momentOfLog, renderBytes, renderClock } from "../lib/format.ts";
import { visibleRange, type Line, type LineBuffer } from "../lib/line-buffer.ts";
import { plainLines } from "../lib/text.ts";
import { parseAnsi, withoutAnsi } from "../lib/ansi.ts";
import { Copy } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { Output } from "./output.tsx";

const rowHeight = 20;
const shownLengthMax = 4000;

type LogViewProps = {
  readonly buffer: LineBuffer;
  readonly label: string;
  /** Instead of lines, while there are none. */
  readonly empty: string;
  /** Each line with its time and source, as of several instances. */
  readonly hasSources?: boolean;
};

/** Lines as they come: only those in sight are drawn, and the end stays in sight until one scrolls away. */
export function LogView({ buffer, label, empty, hasSources }: LogViewProps) {
  const lines = useSyncExternalStore(buffer.subscribe, buffer.shown);
  const box = useRef<HTMLDivElement>(null);
  const sight = useSight(box, lines.length);
  const [opened, setOpened] = useState<Line | null>(null);
  const { first, end } = visibleRange({ ...sight, rowHeight, rows: lines.length });
  return (
    // What scrolls must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="log" ref={box} role="log" aria-live="off" aria-label={label} tabIndex={0}>
      {lines.length === 0 && <p className="log-empty">{empty}</p>}
      <div className="log-space" style={{ height: lines.length * rowHeight }}>
        <div className="log-rows" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {lines.slice(first, end).map((line) => (
            <Row key={line.number} line={line} hasSource={hasSources ?? false} onOpen={setOpened} />
          ))}
        </div>
      </div>
      {opened && <WholeLine line={opened} onClose={() => setOpened(null)} />}
    </div>
  );
}

type RowProps = {
  readonly line: Line;
  readonly hasSource: boolean;
  readonly onOpen: (line: Line) => void;
};

function Row({ line, hasSource, onOpen }: RowProps) {
  const { at, source, text } = line;
  return (
    <div className="log-row">
      {hasSource && (
        <>
          <span className="log-at">{at === null ? "" : renderClock(momentOfLog(at))}</span>
          <span className={`log-source source-${shadeOf(source)}`}>{source}</span>
        </>
      )}
      <bdi className="log-text">
        {parseAnsi(text, shownLengthMax).map((span, index) => (
          <span key={index} className={span.look}>
            {span.text}
          </span>
        ))}
      </bdi>
      {text.length > shownLengthMax && (
        <button type="button" className="button small log-more" onClick={() => onOpen(line)}>
          Show all {renderBytes(text.length)}
        </button>
      )}
    </div>
  );
}

function WholeLine({ line, onClose }: { line: Line; onClose: () => void }) {
  const text = withoutAnsi(line.text);
  return (
    <Dialog title={`One line of ${line.source || "the output"}`} onClose={onClose}>
      <Output label="The whole line" className="whole-line">
        {plainLines(text)}
      </Output>
      <div className="form-end">
        <Copy text={text} what="the whole line" />
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** Where in the list the window stands; it follows the end as long as it is there. */
function useSight(box: RefObject<HTMLDivElement | null>, rows: number) {
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = () => {
      const { scrollTop, clientHeight, scrollHeight } = element;
      isAtEnd.current = scrollHeight - scrollTop - clientHeight < rowHeight * 2;
      setSight({ top: scrollTop, height: clientHeight });
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [box]);
  useLayoutEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: rows * rowHeight });
  }, [box, rows]);
  return sight;
}

/** One of a few shades for each source, the same every time. */
function shadeOf(source: string): number {
  return (
    Array.from(source).reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % 6
  );
}
