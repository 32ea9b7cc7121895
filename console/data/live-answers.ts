import type { QueryClient, QueryFilters, QueryKey } from "@tanstack/react-query";
import { whoAmI } from "#api/account.ts";
import { appInfo, listApps } from "#api/apps.ts";
import { listEvents } from "#api/events.ts";
import { listInstances } from "#api/instances.ts";
import { jobInfo, listJobs } from "#api/jobs.ts";
import { listLimits } from "#api/limits.ts";
import { noticed } from "#api/noticed.ts";
import { platformStatus } from "#api/platform.ts";
import type { LiveEvent } from "#api/stream.ts";
import { listMembers } from "#api/teams.ts";
import type { AppStatusView, EventView, InstanceView, JobView } from "#api/views.ts";
import { refresh } from "./refresh.ts";
import { passkeysPath } from "./sign-in.ts";
import { keyOf } from "./use-operation.ts";

/** Whether an answer that is kept may not be true any more. */
type Concern = (path: string, input: Input) => boolean;
type Input = { readonly params?: Named; readonly query?: Named };
type Named = { readonly target?: string; readonly app?: string; readonly team?: string };

type Notice = Extract<LiveEvent, { readonly type: keyof typeof noticed }>;

const gatherMs = 100;

/** Brings the answers that are kept up to date with what comes over the stream. */
export function createLiveAnswers(queries: QueryClient): (event: LiveEvent) => void {
  const gathered: Concern[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const concerns = gathered.splice(0);
    const isStale = ({ queryKey }: { queryKey: QueryKey }) => {
      // Every key was made by `keyOf`.
      const [path, input] = queryKey as [string, Input];
      return concerns.some((concern) => concern(path, input));
    };
    void refresh(queries, { predicate: isStale });
  };
  // Many changes come together, as in a deploy; what they concern is asked for once.
  const ask = (concern: Concern) => {
    gathered.push(concern);
    timer ??= setTimeout(flush, gatherMs);
  };
  let hasBegun = false;
  return (event) => {
    // What was asked for before the stream was open may have changed between the two.
    if (event.type === "hello" && !hasBegun) ask((path) => !isFreshAnyway(path));
    hasBegun ||= event.type === "hello";
    if (isNotice(event)) ask(ofList(event));
    else apply(queries, event, ask);
  };
}

/** What is asked for again soon, and who one is. */
function isFreshAnyway(path: string): boolean {
  return path.includes("/metrics") || path === whoAmI.path;
}

/** What is shown of measurements, as long as somebody looks. */
function isMeasured(path: string): boolean {
  const isOfThem = [listLimits.path, listInstances.path].includes(path);
  return document.visibilityState === "visible" && (isOfThem || path.includes("/metrics"));
}

function apply(
  queries: QueryClient,
  event: Exclude<LiveEvent, Notice>,
  ask: (concern: Concern) => void,
): void {
  switch (event.type) {
    case "resync":
      return ask(() => true);
    case "app":
      return setApp(queries, event.app, ask);
    case "gone":
      return ask((path, { params }) => path === listApps.path || isOfApp(event.app, params));
    case "instances":
      setInstances(queries, event.target, event.instances);
      return;
    case "job":
      return setJob(queries, event.job, ask);
    case "event":
      return askAfter(event.event, ask);
    case "hello":
    case "log":
    case "output":
  }
}

function setJob(queries: QueryClient, job: JobView, ask: (concern: Concern) => void): void {
  const queryKey = keyOf(jobInfo, { params: { job: job.id } });
  queries.setQueryData(queryKey, job);
  outdate(queries, { queryKey, exact: true });
  ask((path) => path === listJobs.path);
  if (job.endedAt !== null) ask(ofTarget(job.target));
}

function askAfter({ target }: EventView, ask: (concern: Concern) => void): void {
  ask((path) => path === listEvents.path);
  ask(target === null ? (path) => path === platformStatus.path : ofTarget(target));
}

/** Everything of a branch but what has a topic of its own. */
function ofTarget(target: string): Concern {
  return (path, { params, query }) => {
    const isOfTarget = params?.target === target || query?.target === target;
    return isOfTarget && path !== listInstances.path && !path.includes("/metrics");
  };
}

function isOfApp(name: string, { app, target }: Named = {}): boolean {
  return (app ?? target?.split("@", 1)[0]) === name;
}

function isNotice(event: LiveEvent): event is Notice {
  return event.type in noticed;
}

function ofList(event: Notice): Concern {
  switch (event.type) {
    case "drains":
    case "notifications":
    case "access":
      return (path, { params, query }) =>
        path === noticed[event.type].path && isAbout(event, { ...params, ...query });
    case "teams":
      // What somebody may do with an app may come from its team.
      return (path) => [noticed.teams, listMembers, noticed.access].some((it) => it.path === path);
    case "users":
      return (path) => [noticed.users.path, whoAmI.path, passkeysPath].includes(path);
    case "metrics":
      return isMeasured;
    default:
      return (path) => path === noticed[event.type].path;
  }
}

/** Whether a list is of what a notice names. */
function isAbout(
  event: { readonly target: string | null; readonly team?: string | null },
  { target, app, team }: Named,
): boolean {
  return event.target === (target ?? app ?? null) && (event.team ?? null) === (team ?? null);
}

function setInstances(
  queries: QueryClient,
  target: string,
  instances: readonly InstanceView[],
): void {
  const isOfTarget = ({ queryKey }: { queryKey: QueryKey }) => {
    // Every key was made by `keyOf`.
    const [path, input] = queryKey as [string, Input];
    return path === listInstances.path && input.params?.target === target;
  };
  queries.setQueriesData({ predicate: isOfTarget }, instances);
  outdate(queries, { predicate: isOfTarget });
}

function setApp(queries: QueryClient, app: AppStatusView, ask: (concern: Concern) => void): void {
  const { name } = app.app;
  const own = { queryKey: keyOf(appInfo, { params: { app: name } }), exact: true };
  queries.setQueryData(own.queryKey, app);
  outdate(queries, own);
  const lists = { queryKey: [listApps.path] };
  const known = queries.getQueriesData<readonly AppStatusView[]>(lists);
  const isListed = known.some(([, apps]) => apps?.some((it) => it.app.name === name));
  if (!isListed) return ask((path) => path === listApps.path);
  queries.setQueriesData<readonly AppStatusView[]>(lists, (apps) =>
    apps?.map((it) => (it.app.name === name ? app : it)),
  );
  outdate(queries, lists);
}

/** An answer that is under way may be older than what has just come, and is asked for once more. */
function outdate(queries: QueryClient, filters: QueryFilters): void {
  void refresh(queries, { ...filters, fetchStatus: "fetching" });
}
