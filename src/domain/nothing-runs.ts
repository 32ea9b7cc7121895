import type { ProcessType } from "./process-type.ts";

type Idle = {
  readonly isStopped: boolean;
  /** Of its current release. */
  readonly processTypes: Readonly<Record<string, Pick<ProcessType, "kind" | "count">>>;
};

/** Why a branch that has a release runs nothing, and what to type if that is not wanted. */
export function whyNothingRuns(
  target: string,
  { isStopped, processTypes }: Idle,
): { readonly problem: string; readonly fix: string } {
  if (isStopped) return { problem: "is stopped", fix: `Start it: berth ps:start -a ${target}` };
  const types = Object.entries(processTypes).filter(([, { kind }]) => kind !== "static");
  const [first] = types;
  if (!first) {
    const problem = "runs nothing: the router serves its files";
    return { problem, fix: "Push other files to change what is served." };
  }
  if (types.some(([, { count }]) => count > 0))
    return { problem: "runs nothing", fix: `See why: berth events -a ${target}` };
  const fix = `Scale it up: berth ps:scale ${first[0]}=1 -a ${target}`;
  return { problem: "is scaled to nothing", fix };
}
