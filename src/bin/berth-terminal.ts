import { relayTerminal } from "#drivers/runners/terminal.ts";

/** Started by berth-root as an app's user: gives a one-off command a terminal of its own. */
const [columns, rows, program = "", ...args] = process.argv.slice(2);
const size = { columns: Number(columns), rows: Number(rows) };

await relayTerminal([program, ...args], size, process);
process.exit();
