import { RemoteError } from "#api/client.ts";
import type { JobView } from "#api/views.ts";
import { reportOf } from "#domain/errors.ts";
import { createPlainText } from "./plain-text.ts";
import type { RefChange, Refusal } from "./receive.ts";

export type PushDoor = {
  /** Prints to the person who pushes. */
  readonly say: (text: string) => void;
  readonly deploy: (branch: string, from: string | null, commit: string) => Promise<JobView>;
  readonly follow: (job: number) => Promise<JobView>;
  /** `commit`, `tag`, `tree` or `blob`: what kind of object it is. */
  readonly typeOf: (object: string) => Promise<string>;
};

const branchPrefix = "refs/heads/";

/** Deploys what one ref was pushed to and answers when it is live, or why it is not. */
export async function decidePush({ from, to, ref }: RefChange, door: PushDoor): Promise<Refusal> {
  const refusal = refuseRef(ref, to);
  if (refusal) return refusal;
  try {
    const type = await door.typeOf(to);
    if (type !== "commit") return refuseObject(ref, to, type);
    const begun = await door.deploy(ref.slice(branchPrefix.length), isZero(from) ? null : from, to);
    const job = await door.follow(begun.id);
    if (job.status === "done") return null;
    return explain(
      door,
      job.error ?? { message: `The job ${job.id} ended as ${job.status}.`, hint: "" },
    );
  } catch (error) {
    return explain(door, error instanceof RemoteError ? error : reportOf(error));
  }
}

function refuseRef(ref: string, to: string): Refusal {
  if (!ref.startsWith(branchPrefix))
    return "only branches are deployed; push a branch, not a tag or another ref";
  if (isZero(to)) return "a deployed branch is not deleted by a push; use berth apps:destroy";
  return null;
}

/** git lets any object be pushed to a branch. */
function refuseObject(ref: string, object: string, type: string): string {
  const kind = type === "tag" ? "an annotated tag" : `a ${type}`;
  const advice =
    type === "tag" ? `; push its commit: <tag>^{commit}:${ref.slice(branchPrefix.length)}` : "";
  return `${object.slice(0, 7)} is ${kind}, and a branch takes commits${advice}`;
}

/** The whole message and what to do about it above, its first line as git's reason. */
function explain(door: PushDoor, { message, hint }: { message: string; hint: string }): string {
  door.say(
    `\n !     ${message.replaceAll("\n", "\n !     ")}\n${hint === "" ? "" : ` !     ${hint}\n`}\n`,
  );
  const [reason = "refused"] = createPlainText()(message).split("\n", 1);
  return reason.replace(/; [^;]*:$/, "");
}

function isZero(hash: string): boolean {
  return /^0+$/.test(hash);
}
