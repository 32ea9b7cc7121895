import type { Delivery, Notifier } from "#domain/notification.ts";

export type MemoryNotifier = Notifier & {
  /** What was taken, with its address, oldest first. */
  readonly taken: { readonly to: string; readonly delivery: Pick<Delivery, "id" | "event"> }[];
  /** Every try, also those that failed, by the delivery's id. */
  readonly tries: string[];
  /** Why nothing is taken at the moment; null when all is. */
  problem: string | null;
};

/** A notifier for the engine's tests. */
export function createMemoryNotifier(): MemoryNotifier {
  const notifier: MemoryNotifier = {
    taken: [],
    tries: [],
    problem: null,
    check: () => {},
    send: async ({ address }, delivery) => {
      notifier.tries.push(delivery.id);
      if (notifier.problem !== null) throw new Error(notifier.problem);
      notifier.taken.push({ to: address.reveal(), delivery });
    },
  };
  return notifier;
}
