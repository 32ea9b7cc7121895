import { renderAgo, renderClock, renderDay, renderDuration } from "../lib/format.ts";
import { plainText } from "../lib/text.ts";
import { useNow } from "../data/now.ts";

/** Words that somebody else wrote: shown as they are stored, without any effect on what is around. */
export function Foreign({ text, lengthMax = 300 }: { text: string; lengthMax?: number }) {
  return <bdi className="foreign">{plainText(text, lengthMax)}</bdi>;
}

/** A commit, by as much of it as people use. */
export function Commit({ id }: { id: string }) {
  return (
    <code className="commit" title={id}>
      {id.slice(0, 8)}
    </code>
  );
}

/** When something happened, from now; the exact moment is the title. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const moment = new Date(at);
  return (
    <time dateTime={at} title={`${renderDay(moment)} ${renderClock(moment)}`} className="figure">
      {renderAgo(moment, now)}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: { from: string; to: string | null }) {
  const now = useNow();
  const end = to === null ? now.getTime() : Date.parse(to);
  return <span className="figure">{renderDuration(end - Date.parse(from))}</span>;
}
