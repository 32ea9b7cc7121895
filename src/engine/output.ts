import type { ConfigVars } from "#domain/config-var.ts";
import type { JobWriter } from "./job-writer.ts";
import { redacted } from "./redact.ts";

const headBytesMax = 1024 * 1024;
const tailBytesMax = 8 * 1024;

/** Takes what a program prints, and shows it indented under its heading. */
export type ProgramOutput = {
  readonly write: (chunk: Uint8Array) => void;
  /** To be called when the program has ended: shows its last lines if some were left out. */
  readonly end: () => void;
};

/**
 * Passes on the first MiB that a program with the environment `env` prints and its last few KiB,
 * without its secrets. So nobody's terminal or disk is flooded by whatever it prints between them,
 * and the reason for a failure is still seen.
 */
export function createOutput(out: Pick<JobWriter, "raw">, env: ConfigVars): ProgramOutput {
  const bounded = boundedOutput(out);
  const { write, end } = redacted(env, bounded.write);
  return {
    write,
    end: () => {
      end();
      bounded.end();
    },
  };
}

function boundedOutput(out: Pick<JobWriter, "raw">): ProgramOutput {
  const { show, endLine } = indented(out);
  let shownBytes = 0;
  let leftOutBytes = 0;
  let tail = Buffer.alloc(0);
  return {
    write: (chunk) => {
      const taken = chunk.subarray(0, headBytesMax - shownBytes);
      shownBytes += taken.length;
      if (taken.length > 0) show(taken);
      if (taken.length === chunk.length) return;
      const rest = chunk.subarray(taken.length);
      leftOutBytes += rest.length;
      // Of much that comes at once nothing before it is kept.
      const last = rest.length >= tailBytesMax ? rest : Buffer.concat([tail, rest]);
      tail = Buffer.from(last.subarray(-tailBytesMax));
    },
    end: () => {
      const lines = leftOutBytes > tail.length ? wholeLines(tail) : tail;
      const omitted = leftOutBytes - lines.length;
      if (omitted > 0) show(Buffer.from(`\n[${omitted} bytes of output were left out here]\n`));
      if (lines.length > 0) show(lines);
      endLine();
    },
  };
}

const lineEnd = 0x0a;

/** Without the rest of a line at its beginning, unless that is all there is. */
function wholeLines(bytes: Buffer): Buffer {
  const rest = bytes.subarray(bytes.indexOf(lineEnd) + 1);
  return rest.length > 0 ? rest : bytes;
}

/** Puts a program's output under its heading, whatever pieces it comes in. */
function indented(out: Pick<JobWriter, "raw">) {
  let atLineStart = true;
  const show = (chunk: Uint8Array): void => {
    const text = Buffer.from(chunk).toString("latin1");
    const body = text.replaceAll(/\n(?=[\s\S])/g, "\n       ");
    out.raw(Buffer.from((atLineStart ? "       " : "") + body, "latin1"));
    atLineStart = text.endsWith("\n");
  };
  const endLine = (): void => {
    if (!atLineStart) out.raw(Buffer.from("\n"));
    atLineStart = true;
  };
  return { show, endLine };
}
