import {
  useMutation,
  useQuery,
  useQueryClient,
  type QueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { InputOf, Operation, ResultOf } from "#api/operation.ts";
import { call, type ApiError } from "./client.ts";
import { pause } from "./pause.ts";
import { refresh } from "./refresh.ts";

/** The key under which an answer is kept: the path first, so that live notices find what they concern. */
export function keyOf(operation: Operation, input: unknown): readonly unknown[] {
  return [operation.path, input];
}

/** What an operation answers; asked again when a live notice says that it may have changed. */
export function useOperation<O extends Operation>(
  operation: O,
  input: InputOf<O>,
): UseQueryResult<ResultOf<O>, ApiError> {
  return useQuery({
    queryKey: keyOf(operation, input),
    queryFn: ({ signal }) => call(operation, input, signal),
  });
}

/** An answer that takes longer than this keeps nobody from going on. */
const patienceMs = 1000;

/** Something that a person does; afterwards everything shown is asked for again. */
export function useAction<O extends Operation>(
  operation: O,
  onDone: (result: ResultOf<O>, input: InputOf<O>) => void = () => {},
): UseMutationResult<ResultOf<O>, ApiError, InputOf<O>> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: InputOf<O>) => call(operation, input),
    onSuccess: async (result, input) => {
      onDone(result, input);
      await refreshed(queries);
    },
  });
}

/** Asks for everything shown again, so that it is as new as what was just done. */
export async function refreshed(queries: QueryClient): Promise<void> {
  await Promise.race([refresh(queries), pause(patienceMs)]);
}
