import { describeExit, type ExitStatus } from "#domain/instance.ts";
import { renderSize } from "#domain/limits.ts";

/** What is known of an instance that did not become healthy. */
export type Symptoms = {
  readonly exit: ExitStatus | null;
  /** What the last health check was answered; null when it was not asked. */
  readonly asked: string | null;
  readonly port: number | null;
  readonly listening: readonly number[];
  /** Its last lines, oldest first. */
  readonly lines: readonly string[];
  readonly timeoutS: number;
  readonly target: string;
  readonly processType: string;
  readonly memoryBytes: number;
};

/** The problem and the next step, in words that name the likely cause. */
export function explain(symptoms: Symptoms): { problem: string; fix: string } {
  const { problem, fix } = causeOf(symptoms);
  return { problem: withLines(problem, symptoms.lines), fix };
}

function causeOf(symptoms: Symptoms): { problem: string; fix: string } {
  const { exit, asked, port, listening, lines, timeoutS, target } = symptoms;
  const logs = `See more with berth logs -a ${target}`;
  if (exit?.outOfMemory === true) return outOfMemory(symptoms);
  if (exit) return { problem: `it ${describeExit(exit)}`, fix: fixOfExit(exit, lines, logs) };
  const others = listening.filter((each) => each !== port);
  if (asked?.startsWith("nothing listens") && others.length > 0) {
    return {
      problem: `it listens on port ${others.join(", ")} and not on $PORT, which is ${port}`,
      fix: "Let the program listen on the port in the environment variable PORT.",
    };
  }
  if (asked?.startsWith("nothing listens")) {
    return {
      problem: `nothing listened on $PORT, which is ${port}, within ${timeoutS} s`,
      fix: `If it is only slow, raise health.timeout_s; if it has no port, name its process type something else than web. ${logs}`,
    };
  }
  return { problem: asked ?? `it was not ready within ${timeoutS} s`, fix: logs };
}

/** What is said of an instance that the kernel ended for its memory, and of one that may follow. */
export function outOfMemory({
  processType,
  memoryBytes,
  target,
}: Pick<Symptoms, "processType" | "memoryBytes" | "target">): { problem: string; fix: string } {
  const more = renderSize(memoryBytes * 2);
  return {
    problem: `it ran out of memory: its limit is ${renderSize(memoryBytes)}`,
    fix: `Let it use less, or allow it more: berth limits:set memory=${more} --type ${processType} -a ${target}`,
  };
}

function fixOfExit(exit: ExitStatus, lines: readonly string[], logs: string): string {
  const said = lines.join("\n");
  if (exit.code === 127) return `A program that its command names is not there. ${logs}`;
  if (exit.code === 126)
    return `The file that its command names cannot be run; is it executable? ${logs}`;
  if (exit.code === 0)
    return "Its command must stay in the foreground: a process that ends is not serving.";
  if (exit.signal === "SIGKILL")
    return `Something killed it, most often for want of memory. ${logs}`;
  if (/EADDRINUSE|address already in use/i.test(said))
    return "Let it listen on $PORT; the port it chose is taken, or kept for connections as every second one from 32768 on.";
  if (/MODULE_NOT_FOUND|Cannot find (?:module|package)|ModuleNotFoundError/.test(said)) {
    return "Name what it could not find among its dependencies, commit that, and push again.";
  }
  if (/EROFS|Read-only file system/i.test(said))
    return "/app is read-only once built: write to /tmp, or while building.";
  return logs;
}

function withLines(problem: string, lines: readonly string[]): string {
  if (lines.length === 0) return `${problem}; it printed nothing`;
  return `${problem}; its last lines:\n${lines.map((line) => `    ${line.slice(0, 400)}`).join("\n")}`;
}
