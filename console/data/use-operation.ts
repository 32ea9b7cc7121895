import {
  keepPreviousData,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from "@tanstack/react-query";
import type { ListOperation } from "#api/list.ts";
import type { InputOf, Operation, ResultOf } from "#api/operation.ts";
import { call, type ApiError } from "./client.ts";

/** The key under which an answer is kept: the path first, so that live notices find what they concern. */
export function keyOf(operation: Operation, input: unknown): readonly unknown[] {
  return [operation.path, input];
}

type AskOptions = {
  readonly enabled?: boolean;
  /** The former answer is shown until the one to another input is there, so that nothing blinks. */
  readonly keepsFormer?: boolean;
};

/** What an operation answers; asked again when a live notice says that it may have changed. */
export function useOperation<O extends Operation>(
  operation: O,
  input: InputOf<O>,
  { enabled = true, keepsFormer = false }: AskOptions = {},
): UseQueryResult<ResultOf<O>, ApiError> {
  return useQuery({
    queryKey: keyOf(operation, input),
    queryFn: ({ signal }) => call(operation, input, signal),
    enabled,
    ...(keepsFormer && { placeholderData: keepPreviousData }),
  });
}

/** The items of a list, all that one page may hold unless the input says how many. */
export function useList<O extends ListOperation>(
  operation: O,
  input: InputOf<O>,
  { enabled = true, keepsFormer = false }: AskOptions = {},
): UseQueryResult<ResultOf<O>["items"], ApiError> {
  // Every list takes a query of its own besides; generics do not see through it.
  const { query } = input as { query?: object };
  const full = { ...input, query: { limit: 1000, ...query } } as InputOf<O>;
  return useQuery({
    queryKey: keyOf(operation, full),
    queryFn: async ({ signal }) => (await call(operation, full, signal)).items,
    enabled,
    ...(keepsFormer && { placeholderData: keepPreviousData }),
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
