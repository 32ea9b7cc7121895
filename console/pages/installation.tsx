import { listAudit } from "#api/audit.ts";
import { listJobs } from "#api/jobs.ts";
import { platformStatus, type StatusView } from "#api/platform.ts";
import { useAddressValue } from "../data/location.ts";
import { isSpan, useHostMetrics } from "../data/use-metrics.ts";
import { useList } from "../data/use-list.ts";
import { useOperation } from "../data/use-operation.ts";
import { hostPlots } from "../lib/host-plots.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { JobList } from "../parts/job-list.tsx";
import { Link } from "../parts/link.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { PlotPanels } from "../parts/plot-panels.tsx";
import { SpanChoice } from "../parts/span-choice.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago } from "../parts/text.tsx";
import { AuditList } from "./audit-list.tsx";
import { Notifications } from "./notifications.tsx";

/** What this Berth is, how it protects apps, and what is wrong with it. */
export function InstallationPage() {
  const status = useOperation(platformStatus, {});
  return (
    <>
      <PageHead title="Installation" />
      <Answer of={status} rows={8}>
        {(answer) => (
          <div className="columns">
            <div className="stack">
              <Facts status={answer} />
              <Problems status={answer} />
            </div>
            <Isolation status={answer} />
          </div>
        )}
      </Answer>
      <Host />
      <div className="columns">
        <LastJobs />
        <LastChanges />
        <Notifications told={{}} />
      </div>
    </>
  );
}

function Host() {
  const [chosen] = useAddressValue("span");
  const metrics = useHostMetrics(isSpan(chosen) ? chosen : "1h");
  return (
    <section aria-labelledby="host">
      <header className="section-head">
        <div>
          <h2 id="host">Host</h2>
          <p className="aside">This machine, which is the only one of this Berth.</p>
        </div>
        <SpanChoice />
      </header>
      {metrics.error ? (
        <ErrorNote error={metrics.error} />
      ) : (
        <PlotPanels plots={hostPlots} metrics={metrics.data} />
      )}
    </section>
  );
}

function LastJobs() {
  const jobs = useList(listJobs, { query: { limit: 6 } });
  return (
    <Panel title="Last jobs" aside={<Link to="/activity">All jobs</Link>}>
      <Answer of={jobs}>{(list) => <JobList jobs={list} showTarget />}</Answer>
    </Panel>
  );
}

function LastChanges() {
  const audit = useList(listAudit, { query: { limit: 6 } });
  return (
    <Panel title="Last changes" aside={<Link to="/audit">The whole audit</Link>}>
      <Answer of={audit}>{(list) => <AuditList entries={list} />}</Answer>
    </Panel>
  );
}

function Facts({ status }: { status: StatusView }) {
  const { version, home, account, startedAt, apps, instances, settings } = status;
  return (
    <Panel title="Berth">
      <dl className="facts">
        <dt>Version</dt>
        <dd>{version}</dd>
        <dt>Up since</dt>
        <dd>
          <Ago at={startedAt} />
        </dd>
        <dt>Apps</dt>
        <dd className="figure">
          {apps}, with {instances} instances
        </dd>
        <dt>Home</dt>
        <dd>
          <code>{home}</code>
        </dd>
        <dt>Account</dt>
        <dd>{account}</dd>
        <dt>Router</dt>
        <dd className="figure">
          port {settings.listen.http} for HTTP, {settings.listen.tls} for HTTPS,{" "}
          {settings.listen.terminated} behind another's HTTPS, {settings.listen.direct} direct
        </dd>
        <dt>SSH and git</dt>
        <dd className="figure">port {settings.listen.ssh}</dd>
      </dl>
    </Panel>
  );
}

function Isolation({ status: { isolation } }: { status: StatusView }) {
  return (
    <Panel title="Protection of apps">
      <ul className="rows">
        {isolation.map(({ what, inForce }) => (
          <li key={what} className="row">
            <Badge tone={inForce ? "good" : "busy"}>{inForce ? "in force" : "missing"}</Badge>
            <p className="row-main">{plainText(what)}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Problems({ status: { problems } }: { status: StatusView }) {
  return (
    <Panel title="Configuration files">
      {problems.length === 0 ? (
        <Empty title="No mistakes in the configuration files." />
      ) : (
        <ul className="rows">
          {problems.map((problem) => (
            <li key={`${problem.file}:${problem.line}:${problem.key}`} className="row">
              <Badge tone={problem.severity === "error" ? "bad" : "busy"}>{problem.severity}</Badge>
              <div className="row-main">
                <p>
                  <code>
                    {plainText(problem.file)}
                    {problem.line > 0 && `:${problem.line}`}
                  </code>{" "}
                  <bdi>{plainText(`${problem.key} ${problem.problem}`)}</bdi>
                </p>
                <p className="aside">
                  <bdi>{plainText(problem.fix)}</bdi>
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
