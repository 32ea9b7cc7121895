import {
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { InputOf, Operation, ResultOf } from "#api/operation.ts";
import { call, type ApiError } from "./client.ts";

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

/** Something that a person does; afterwards everything shown is asked for again. */
export function useAction<O extends Operation>(
  operation: O,
  onDone: (result: ResultOf<O>) => void = () => {},
): UseMutationResult<ResultOf<O>, ApiError, InputOf<O>> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: InputOf<O>) => call(operation, input),
    onSuccess: async (result) => {
      onDone(result);
      await queries.invalidateQueries();
    },
  });
}
