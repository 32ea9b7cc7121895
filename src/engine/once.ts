import { PlatformError } from "#domain/errors.ts";
import type { OncePlace } from "#domain/store.ts";
import type { EngineContext } from "./context.ts";

const answerCharsMax = 256 * 1024;

/** Work that is carried out once for each key, whatever crashes. */
export type Once = {
  /**
   * Takes a key, or gives the answer that it has, waiting for work that is under way.
   * @throws {PlatformError} `key_reused`, `key_in_doubt`, `answer_shown_once`
   */
  readonly begin: (place: OncePlace, fingerprint: string) => "new" | Promise<unknown>;
  /** Does the work of a key that is new. With `keep`, its answer is there for whoever asks again. */
  readonly carryOut: (
    place: OncePlace,
    how: { readonly work: () => Promise<unknown>; readonly keep: boolean },
  ) => Promise<unknown>;
};

export function createOnce({ store, clock }: Pick<EngineContext, "store" | "clock">): Once {
  const underWay = new Map<string, Promise<unknown>>();
  const idOf = ({ caller, key }: OncePlace) => JSON.stringify([caller, key]);
  return {
    begin: (place, fingerprint) => {
      const known = store.once.get(place);
      if (!known) {
        store.once.add(place, { fingerprint, createdAt: clock.now() });
        return "new";
      }
      const { key } = place;
      if (known.fingerprint !== fingerprint) throw new PlatformError("key_reused", { key });
      const work = underWay.get(idOf(place));
      if (work) return work;
      if (!known.isDone) throw new PlatformError("key_in_doubt", { key });
      if (known.answer === null) throw new PlatformError("answer_shown_once", { key });
      return Promise.resolve(JSON.parse(known.answer) as unknown);
    },
    carryOut: async (place, { work, keep }) => {
      const working = work();
      // Whoever waits for it gets its failure, too; for us it is awaited below.
      working.catch(() => {});
      underWay.set(idOf(place), working);
      try {
        const answer = await working;
        const text = JSON.stringify(answer);
        store.once.finish(place, keep && text.length <= answerCharsMax ? text : null);
        return answer;
      } catch (error) {
        // What was refused may be asked for again.
        store.once.remove(place);
        throw error;
      } finally {
        underWay.delete(idOf(place));
      }
    },
  };
}
