import { z } from "zod";
import { Target } from "#domain/app.ts";
import { list } from "./list.ts";

const ScoreLineView = z.object({
  name: z.string().describe("`user`, `sandbox`, `fence`, …"),
  what: z.string(),
  holds: z.boolean().nullable().describe("Null where there is nothing to look at yet."),
  found: z.string().describe("What was seen."),
});

const ScoreCardView = z.object({ app: z.string(), lines: z.array(ScoreLineView) });
export type ScoreCardView = z.infer<typeof ScoreCardView>;

export const listScoreCards = list({
  id: "security.list",
  path: "/security",
  summary: "Shows, for each app, which protections hold, by looking at what runs.",
  item: ScoreCardView,
  filters: { target: Target.optional() },
  errors: ["app_not_found", "helper_unreachable"],
  needs: "apps:read",
});
