import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/**
 * Runs test files in rounds, `[{ files, atOnce }]` as JSON, as one run with one report: a file that
 * measures would measure those beside it as well.
 */
const [rounds = "[]"] = process.argv.slice(2);
const countPattern = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
const counts = new Map();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stopping.abort());

Readable.from(eventsOf(JSON.parse(rounds)))
  .compose(new spec())
  .pipe(process.stdout);

/** Events of all rounds; what the runner counts at the end of each comes once, at the end of all. */
async function* eventsOf(wanted) {
  let summary = null;
  for (const { files, atOnce } of wanted) {
    for await (const event of run(optionsFor(files, atOnce))) {
      if (event.type === "test:summary" && !event.data.file) summary = event;
      else if (!isCounted(event)) yield event;
    }
  }
  // Here the report names what failed.
  if (summary) yield summary;
  for (const [name, count] of counts) {
    yield { type: "test:diagnostic", data: { nesting: 0, message: `${name} ${count}` } };
  }
  const [tests = 0, failed = 0, cancelled = 0] = ["tests", "fail", "cancelled"].map((name) =>
    counts.get(name),
  );
  process.exitCode = tests > 0 && failed + cancelled === 0 ? 0 : 1;
}

function isCounted({ type, data }) {
  const [, name, count] = countPattern.exec(data.message ?? "") ?? [];
  if (type !== "test:diagnostic" || data.file || name === undefined) return false;
  counts.set(name, (counts.get(name) ?? 0) + Number(count));
  return true;
}

function optionsFor(files, atOnce) {
  return {
    files,
    concurrency: atOnce,
    timeout: 150_000,
    // A test that failed half-way may have left something running, which must not hold up the rest.
    execArgv: ["--test-force-exit"],
    signal: stopping.signal,
  };
}
