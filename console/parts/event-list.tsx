import type { EventView } from "#api/views.ts";
import { Link, paths } from "./link.tsx";
import { Empty } from "./note.tsx";
import { Ago, Foreign } from "./text.tsx";

type EventListProps = { readonly events: readonly EventView[]; readonly showTarget?: boolean };

/** What happened, the newest first. */
export function EventList({ events, showTarget }: EventListProps) {
  if (events.length === 0) return <Empty title="Nothing has happened here yet." />;
  return (
    <ul className="rows">
      {events.map((event) => (
        <li key={event.id} className="row">
          <div className="row-main">
            <p className="event-message">
              <Foreign text={event.message} />
            </p>
            <p className="aside clip event-type">
              <code>{event.type}</code>
              {showTarget && event.target !== null && (
                <>
                  {" · "}
                  <Link to={paths.app(event.target)}>{event.target}</Link>
                </>
              )}
            </p>
          </div>
          <p className="row-aside aside">
            <Ago at={event.at} />
            <span className="clip">
              <Foreign text={event.actor} />
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}
