import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { whenGone } from "./child.mjs";

/**
 * Runs test files in rounds, `[{ files, atOnce }]` as JSON, as one run with one report: a file that
 * measures would measure those beside it as well.
 */
const [rounds = "[]"] = process.argv.slice(2);
const countPattern = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;
const counts = new Map();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stopping.abort());
whenGone(process.ppid, () => stopping.abort());

Readable.from(eventsOf(JSON.parse(rounds)))
  .compose(new spec())
  .pipe(process.stdout);

/** Events of all rounds; what the runner says at the end of each comes once, at the end of all. */
async function* eventsOf(wanted) {
  for (const { files, atOnce } of wanted) {
    for await (const event of run(optionsFor(files, atOnce))) if (!isOfTheEnd(event)) yield event;
  }
  // With this the report names what failed.
  yield { type: "test:summary", data: {} };
  for (const [name, count] of counts) {
    yield { type: "test:diagnostic", data: { nesting: 0, message: `${name} ${count}` } };
  }
  process.exitCode = isGood() ? 0 : 1;
}

function isOfTheEnd({ type, data }) {
  if (data.file) return false;
  const [, name, count] = countPattern.exec(data.message ?? "") ?? [];
  if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + Number(count));
  return type === "test:summary" || name !== undefined;
}

function isGood() {
  return counts.get("tests") > 0 && counts.get("fail") === 0 && counts.get("cancelled") === 0;
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
