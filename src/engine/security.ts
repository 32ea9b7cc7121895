import type { App } from "#domain/app.ts";
import { Secret } from "#domain/secret.ts";
import { scoreLines, type ScoreCard, type Wanted } from "#domain/score-card.ts";
import type { EngineContext } from "./context.ts";
import type { ScoreQuery } from "./engine.ts";
import { nameOf } from "./health.ts";
import { appNamed } from "./targets.ts";

/** The score cards of apps, by name: what holds for each at this moment. */
export async function scoreCards(
  context: EngineContext,
  { target, visible, after, limit }: ScoreQuery,
): Promise<ScoreCard[]> {
  const apps = target === null ? context.store.apps.list() : [appNamed(context.store, target)];
  const wanted = apps.filter(
    ({ id, name }) => (visible?.has(id) ?? true) && (after === null || name > after),
  );
  const cards: ScoreCard[] = [];
  // One after the other: to look at many at once would be felt by what runs.
  for (const app of wanted.slice(0, limit)) cards.push(await cardOf(context, app));
  return cards;
}

async function cardOf(context: EngineContext, app: App): Promise<ScoreCard> {
  const seen = await context.users.look(app.id, app.userNumber);
  return { app: app.name, lines: scoreLines(seen, wantedOf(context, app)) };
}

function wantedOf({ store }: EngineContext, app: App): Wanted {
  const branches = store.branches.of(app.id);
  const instances = branches.flatMap(({ id }) => store.instances.of(id));
  const secrets = branches.flatMap(({ config }) =>
    Object.values(config.env).filter((value) => value instanceof Secret),
  );
  return {
    network: app.network,
    instances: new Map(
      instances.map((it) => [it.id, { name: nameOf(it), limits: it.spec.limits }]),
    ),
    readableSecrets: branches.flatMap((branch) => store.secrets.readable(branch)),
    secretCount: secrets.length,
  };
}
