import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiError } from "../data/client.ts";
import { ErrorNote, Waiting } from "./note.tsx";

type AnswerProps<T> = {
  readonly of: UseQueryResult<T, ApiError>;
  readonly rows?: number;
  readonly children: (answer: T) => ReactNode;
};

/** Shows an answer once it is there; until then its place, and otherwise why it is not. */
export function Answer<T>({ of, rows, children }: AnswerProps<T>) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ErrorNote error={of.error} />;
  return <Waiting rows={rows ?? 3} />;
}
