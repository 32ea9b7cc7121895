import { useEffect } from "react";
import type { ApiError } from "../data/client.ts";
import { plainText } from "../lib/text.ts";
import { notify } from "./notices.tsx";

/** Says in passing why something could not be done, where there is no place of its own for it. */
export function useErrorNotice(error: ApiError | null): void {
  useEffect(() => {
    if (error) notify(<bdi>{plainText(`${error.message} ${error.hint}`)}</bdi>);
  }, [error]);
}
