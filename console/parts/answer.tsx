import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiError } from "../data/client.ts";
import { ErrorNote, Waiting } from "./note.tsx";
import { PageHead } from "./panel.tsx";

type Asked<T> = Pick<UseQueryResult<T, ApiError>, "data" | "error">;

type AnswerProps<T> = {
  readonly of: Asked<T>;
  readonly rows?: number;
  /** Of the page, where the answer would bring its head. */
  readonly title?: string;
  readonly children: (answer: T) => ReactNode;
};

/**
 * Shows an answer once it is there; until then its place, and otherwise why it is not. One that came
 * stays while Berth is away, but not when it is gone, or not to be seen any more.
 */
export function Answer<T>({ of, rows = 3, title, children }: AnswerProps<T>) {
  const isGone = of.error?.status === 403 || of.error?.status === 404;
  if (of.data !== undefined && !isGone) return children(of.data);
  if (!of.error) return <Waiting rows={rows} />;
  return (
    <>
      {title !== undefined && <PageHead title={title} />}
      <ErrorNote error={of.error} />
    </>
  );
}

type RowsProps<T> = Omit<AnswerProps<readonly T[]>, "title" | "children"> & {
  /** Instead of the rows, when there are none. */
  readonly empty: ReactNode;
  /** A row, as an `li`. */
  readonly children: (item: T) => ReactNode;
};

/** A list's items as rows, once they are there. */
export function Rows<T>({ empty, children, ...answer }: RowsProps<T>) {
  return (
    <Answer {...answer}>
      {(items) =>
        items.length === 0 ? empty : <ul className="rows">{items.map((item) => children(item))}</ul>
      }
    </Answer>
  );
}
