import { createRun, listCustomCommands } from "#api/runs.ts";
import { parseTarget } from "#domain/app.ts";
import type { Caller } from "#domain/caller.ts";
import { isEnded } from "#domain/job.ts";
import type { Engine } from "#engine/engine.ts";
import { handle, type Call, type Handler } from "./handle.ts";

export const runHandlers: readonly Handler[] = [
  handle(createRun, async (call, engine) => {
    const run = await engine.createRun(call.params.target, call.body, call.actor);
    endWithRight(call, engine, run.job);
    return run;
  }),
  handle(listCustomCommands, async ({ params, body }, engine) => {
    const commands = await engine.customCommands(params.target, body.names);
    return commands.map((command) => ({ command }));
  }),
];

/** A command goes on for days, if need be; its person's right to it may not. */
function endWithRight(
  { params: { target }, watch }: Call<typeof createRun>,
  engine: Engine,
  job: number,
): void {
  const { app } = parseTarget(target);
  const release = watch({
    mayStay: (now: Caller) => engine.people.permit(now, "app:run", { app }) !== undefined,
    // It has ended meanwhile, or is aborted.
    cut: () => void engine.abortJob(job, "berth").catch(() => {}),
  });
  const listening = engine.listen((change) => {
    if (change.of !== "job" || change.job !== job) return;
    // One whose branch is gone has ended with it.
    const hasEnded = engine.job(job).then(
      ({ status }) => isEnded(status),
      () => true,
    );
    void hasEnded.then((isOver) => {
      if (!isOver) return;
      release();
      listening[Symbol.dispose]();
    });
  });
}
