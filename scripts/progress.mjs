/** A failure whose message is all that a person needs: what failed, why, and what to type next. */
export class SetupError extends Error {
  name = "SetupError";
}

/** How long something took, as a person reads it: `0.4 s`, `12 s`, `2 min 5 s`. */
export function renderElapsed(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Runs `work` and tells on stderr what is going on once it takes longer than a second:
 * a line that counts in a terminal, a line each ten seconds elsewhere.
 */
export async function step(title, work, stream = process.stderr) {
  const startedAt = performance.now();
  const elapsed = () => renderElapsed(performance.now() - startedAt);
  let told = 0;
  const tell = () => {
    told += 1;
    if (stream.isTTY) stream.write(`\r${title}… ${elapsed()} `);
    else if (told % 10 === 1) stream.write(`${title}… ${elapsed()}\n`);
  };
  const timer = setInterval(tell, 1000);
  try {
    const result = await work();
    if (told > 0) stream.write(`${stream.isTTY ? "\r" : ""}${title}: done in ${elapsed()}\n`);
    return result;
  } catch (error) {
    stream.write(`${stream.isTTY && told > 0 ? "\r" : ""}${title}: failed after ${elapsed()}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** The last lines of a program's output, set off from our own words. */
export function tailOf(output, lines = 15) {
  return output
    .trimEnd()
    .split("\n")
    .slice(-lines)
    .map((line) => `  | ${line}`)
    .join("\n");
}
