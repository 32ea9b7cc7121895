import { listEvents } from "#api/events.ts";
import { handleList, type Handler } from "./handle.ts";
import { cutOff, idOf } from "./page.ts";

export const eventHandlers: readonly Handler[] = [
  handleList(listEvents, async ({ query, visible }, engine) => {
    const { target = null, type: types, actor: actors, limit } = query;
    const [since, until] = [query.since, query.until].map((it) => (it ? new Date(it) : undefined));
    const asked = { target, types, actors, since, until, visible };
    const found = await engine.listEvents({
      ...asked,
      before: idOf(query.after),
      limit: limit + 1,
    });
    return cutOff(found, limit, ({ id }) => String(id));
  }),
];
