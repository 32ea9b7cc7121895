import { changeConfigVars, listConfigVars, revealConfigVars } from "#api/config.ts";
import { Secret } from "#domain/secret.ts";
import { handle, handleList, type Handler } from "./handle.ts";
import { pageOf } from "./page.ts";
import { configVarViews } from "./views.ts";

export const configHandlers: readonly Handler[] = [
  handleList(listConfigVars, async ({ params, query }, engine) =>
    pageOf(configVarViews(await engine.configVars(params.target)), query, ({ name }) => name),
  ),
  handle(revealConfigVars, ({ params, body, actor }, engine) =>
    engine.revealConfigVars(params.target, body.names, actor),
  ),
  handle(changeConfigVars, async ({ params, body, actor }, engine) => {
    const changes = Object.entries(body).map(([name, value]) => [name, givenVar(value)] as const);
    return { job: await engine.setConfigVars(params.target, Object.fromEntries(changes), actor) };
  }),
];

type Given = string | { readonly secret: string } | null;

function givenVar(value: Given): string | Secret | null {
  return typeof value === "object" && value !== null ? Secret.of(value.secret) : value;
}
