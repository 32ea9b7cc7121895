import { addKey, listKeys, rebuildKeys, removeKey } from "#api/keys.ts";
import { isSuperuser, type Caller } from "#domain/caller.ts";
import { PlatformError } from "#domain/errors.ts";
import type { Key } from "#domain/key.ts";
import type { Engine } from "#engine/engine.ts";
import type { People } from "#engine/people/people.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";
import { ownerOf } from "./people.ts";

export const keyHandlers: readonly Handler[] = [
  handleList(listKeys, async ({ caller, query }, engine) => {
    const keys = (await keysOf(caller, engine)).map((key) => keyView(engine.people, key));
    return pageOf(keys, query, ({ name }) => name);
  }),
  handle(addKey, async ({ caller, body: { name, key, user }, actor }, engine) => {
    const userId = ownerOf(engine.people, caller, user);
    const mine = await keysOf(caller, engine);
    const added = await engine.addKey(name, key, actor, userId).catch((error: unknown) => {
      throw withoutName(error, mine);
    });
    return keyView(engine.people, added);
  }),
  handle(removeKey, async ({ caller, params: { name }, actor }, engine) => {
    const mine = await keysOf(caller, engine);
    // Other people's keys are answered as if they were not there.
    if (!mine.some((key) => key.name === name)) {
      throw new PlatformError("key_not_found", { key: name });
    }
    await engine.removeKey(name, actor);
    return { removed: name };
  }),
  handle(rebuildKeys, async (_call, engine) => ({ keys: await engine.rebuildKeys() })),
];

/** Those that a caller may see and remove: their own, or all. */
async function keysOf(caller: Caller, engine: Engine): Promise<Key[]> {
  const keys = await engine.listKeys();
  return isSuperuser(caller) ? keys : keys.filter(({ userId }) => userId === caller.userId);
}

function keyView(people: People, { userId, ...key }: Key) {
  return { ...key, user: userId === null ? null : (people.userById(userId)?.name ?? null) };
}

/** That a key is there already cannot be hidden; what somebody else calls it can be. */
function withoutName(error: unknown, mine: readonly Key[]): unknown {
  if (!(error instanceof PlatformError) || error.code !== "key_exists") return error;
  const { key = "", name = "" } = error.details;
  const isMine = mine.some((it) => it.name === name);
  return isMine ? error : new PlatformError("key_exists", { key, name: "somebody else's" });
}
