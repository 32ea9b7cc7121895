import { useCallback, useState } from "react";
import { ApiError } from "./client.ts";

type Deed = {
  readonly run: (act: () => Promise<void>) => void;
  readonly isBusy: boolean;
  readonly error: ApiError | null;
};

/** Something that a person does which is no operation: under way, or why it could not be done. */
export function useDeed(): Deed {
  const [state, setState] = useState<{ isBusy: boolean; error: ApiError | null }>({
    isBusy: false,
    error: null,
  });
  const run = useCallback((act: () => Promise<void>) => {
    setState({ isBusy: true, error: null });
    act().then(
      () => setState({ isBusy: false, error: null }),
      (error: unknown) => {
        setState({ isBusy: false, error: error instanceof ApiError ? error : null });
        if (!(error instanceof ApiError)) throw error;
      },
    );
  }, []);
  return { ...state, run };
}
