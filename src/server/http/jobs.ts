import { abortJob, jobEvents, jobInfo, listJobs } from "#api/jobs.ts";
import { handle, handleList, handleStream, type Handler } from "./handle.ts";
import { seesOutput, withheld } from "./live-client.ts";
import { cutOff, idOf } from "./page.ts";

export const jobHandlers: readonly Handler[] = [
  handleList(listJobs, async ({ query, visible }, engine) => {
    const { target = null, kind: kinds, status: statuses, actor: actors, limit } = query;
    const asked = { target, kinds, statuses, actors, visible };
    const found = await engine.listJobs({ ...asked, before: idOf(query.after), limit: limit + 1 });
    return cutOff(found, limit, ({ id }) => String(id));
  }),
  handle(jobInfo, ({ params }, engine) => engine.job(params.job)),
  handle(abortJob, ({ params, actor }, engine) => engine.abortJob(params.job, actor)),
  handleStream(jobEvents, async function* ({ params, query, caller, signal }, engine) {
    const job = await engine.job(params.job);
    const isShown = seesOutput(job, engine.people.appsWith(caller, "run"));
    if (!isShown && query.after === 0) yield { type: "output" as const, id: 0, text: withheld };
    for await (const it of engine.followJob(params.job, query.after, signal)) {
      if ("job" in it) yield { type: "job" as const, job: it.job };
      else if (isShown) yield { type: "output" as const, id: it.offset, text: it.text };
    }
  }),
];
