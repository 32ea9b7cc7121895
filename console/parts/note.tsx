import type { ReactNode } from "react";
import type { ApiError } from "../data/client.ts";
import { Output } from "./output.tsx";
import { outdented, plainLines, plainText } from "../lib/text.ts";

/** What went wrong and what to do about it. What a program said last stands below the first line. */
export function ErrorNote({ error }: { error: Pick<ApiError, "message" | "hint"> }) {
  const [first = "", ...rest] = error.message.split("\n");
  return (
    <div className="note note-bad" role="alert">
      <p className="note-title">
        <bdi>{plainText(first)}</bdi>
      </p>
      {rest.length > 0 && (
        <Output label="What was printed last">
          {plainLines(outdented(rest).join("\n"), 20_000)}
        </Output>
      )}
      {error.hint !== "" && (
        <p>
          <bdi>{plainLines(error.hint, 2000)}</bdi>
        </p>
      )}
    </div>
  );
}

/** Where there is nothing yet: what belongs here, and how it comes. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** Holds the place of what is on its way, so that nothing moves when it arrives. */
export function Waiting({ rows = 3 }: { rows?: number }) {
  return (
    <div className="waiting" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="waiting-row" />
      ))}
    </div>
  );
}
