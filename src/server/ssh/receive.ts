import { createPktReader, flushPkt, renderPktLine } from "#lib/pkt-line.ts";

/** What a push asks of one ref. */
export type RefChange = { readonly from: string; readonly to: string; readonly ref: string };

/** Null accepts it: whoever answers has moved the ref by then. Else one line that says why not. */
export type Refusal = string | null;

/** Each ref is a deploy, or one more refusal to write: beyond this nobody means it. */
const refsMax = 100;
const refBytesMax = 1000;

/** Each branch is deployed on its own, so that one may be live before another fails. */
const refusalOfAtomic = "several branches are not deployed in one step; push without --atomic";

/**
 * The two sides of git's `proc-receive` hook: reads what is pushed, asks about each ref in turn, and
 * reports. git then moves no ref itself.
 * @see githooks(5), proc-receive
 */
export async function serveProcReceive(
  input: AsyncIterable<Buffer>,
  output: { readonly write: (bytes: Uint8Array) => unknown },
  decide: (change: RefChange) => Promise<Refusal>,
): Promise<void> {
  const reader = createPktReader(input);
  const [greeting = ""] = await reader.section();
  const [, abilities = ""] = greeting.split("\0");
  if (!greeting.startsWith("version=1")) throw new Error(`git speaks ${greeting.split("\0")[0]}`);
  output.write(Buffer.concat([renderPktLine("version=1\0atomic\n"), flushPkt]));
  const changes = (await reader.section()).map(parseChange);
  const isOneStep = abilities.split(" ").includes("atomic") && changes.length > 1;
  for (const change of changes) {
    const refusal =
      refusalOf(change, { count: changes.length, isOneStep }) ?? (await decide(change));
    const answer = refusal === null ? `ok ${change.ref}` : `ng ${change.ref} ${oneLine(refusal)}`;
    output.write(renderPktLine(`${answer}\n`));
  }
  output.write(flushPkt);
}

function refusalOf(
  { ref }: RefChange,
  { count, isOneStep }: { count: number; isOneStep: boolean },
): Refusal {
  if (count > refsMax)
    return `${count} refs in one push; ${refsMax} are taken, so push only branches`;
  if (Buffer.byteLength(ref) > refBytesMax) return `its name is longer than ${refBytesMax} bytes`;
  return isOneStep ? refusalOfAtomic : null;
}

function parseChange(line: string): RefChange {
  const [, from, to, ref] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)$/.exec(line) ?? [];
  if (!from || !to || !ref) throw new Error("git named no ref");
  return { from, to, ref };
}

function oneLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}
