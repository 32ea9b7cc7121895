import type { JobView } from "#api/views.ts";
import { Link, paths } from "./link.tsx";

const deeds = {
  deploy: "Deploy",
  rebuild: "Rebuild",
  release: "Release",
  restart: "Restart",
  stop: "Stop",
  start: "Start",
  destroy: "Destroy",
  cleanup: "Cleanup",
  run: "Command",
} as const satisfies Record<JobView["kind"], string>;

/** What a job does, in a word. */
export function deedOf({ kind }: Pick<JobView, "kind">): string {
  return deeds[kind];
}

/** What a job does, as the name of the link to it. */
export function JobLink({ job }: { job: JobView }) {
  return (
    <Link to={paths.job(job.id)}>
      {deedOf(job)} <span className="figure">#{job.id}</span>
    </Link>
  );
}

/** That something is under way, with the way to watch it. */
export function JobNotice({ words, job }: { words: string; job: JobView }) {
  return (
    <>
      {words}: <JobLink job={job} />
    </>
  );
}
