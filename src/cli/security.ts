import { listScoreCards, type ScoreCardView } from "#api/security.ts";
import { action, type Context } from "./command.ts";
import type { Output } from "./output.ts";
import { everyItem } from "./pages.ts";

export const securityCommands = [
  action({
    usage: "security [app]",
    target: "optional",
    summary: "Shows which protections hold for each app; fails when one does not.",
    example: "security -a shop",
    run: showScoreCards,
  }),
];

async function showScoreCards(context: Context): Promise<number> {
  const { client, out, target, args, signal } = context;
  const named = target || (args[0] ?? "");
  const query = named === "" ? {} : { target: named };
  const cards = await everyItem(client, listScoreCards, { query }, signal);
  if (out.json) out.value(cards);
  else printCards(cards, out);
  return cards.some(({ lines }) => lines.some(({ holds }) => holds === false)) ? 1 : 0;
}

function printCards(cards: readonly ScoreCardView[], out: Output): void {
  const rows = cards.flatMap(({ app, lines }) =>
    lines.map(({ holds, what, found }) => [app, wordFor(holds), what, found]),
  );
  out.table(
    ["APP", "HOLDS", "PROTECTION", "SEEN"],
    rows,
    "No apps yet. Make one: berth apps:create shop",
  );
  for (const { app, lines } of cards) {
    const missing = lines.filter(({ holds }) => holds === false);
    if (missing.length === 0) continue;
    const names = missing.map(({ name }) => name).join(", ");
    out.note(`${app} lacks: ${names}. What this Berth can do at all: berth status`);
  }
}

function wordFor(holds: boolean | null): string {
  if (holds === null) return "-";
  return holds ? "yes" : "NO";
}
