import { platformStatus, type StatusView } from "#api/platform.ts";
import { useAddressValue } from "../data/location.ts";
import { isSpan, useHostMetrics } from "../data/use-metrics.ts";
import { useOperation } from "../data/use-operation.ts";
import { hostLines, hostPlots } from "../lib/host-plots.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { Empty } from "../parts/note.tsx";
import { PageHead, Panel } from "../parts/panel.tsx";
import { PlotPanel } from "../parts/plot-panel.tsx";
import { SpanChoice } from "../parts/span-choice.tsx";
import { Badge } from "../parts/state.tsx";
import { Ago } from "../parts/text.tsx";

/** What this Berth is, how it protects apps, and what is wrong with it. */
export function InstallationPage() {
  const status = useOperation(platformStatus, {});
  return (
    <>
      <PageHead title="Installation" />
      <Answer of={status} rows={8}>
        {(answer) => (
          <div className="columns">
            <Facts status={answer} />
            <Isolation status={answer} />
            <Problems status={answer} />
          </div>
        )}
      </Answer>
      <Host />
    </>
  );
}

function Host() {
  const [chosen] = useAddressValue("span");
  const metrics = useHostMetrics(isSpan(chosen) ? chosen : "1h");
  return (
    <section aria-labelledby="host">
      <header className="section-head">
        <h2 id="host">Host</h2>
        <SpanChoice />
      </header>
      <Answer of={metrics} rows={6}>
        {(answer) => (
          <div className="columns">
            {hostPlots.map(({ title, name, render }) => (
              <PlotPanel
                key={name}
                title={title}
                metrics={answer}
                lines={hostLines(answer, name)}
                render={render}
              />
            ))}
          </div>
        )}
      </Answer>
    </section>
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
        <dt>Visitors</dt>
        <dd className="figure">
          ports {settings.listen.direct}, {settings.listen.http}, {settings.listen.terminated},{" "}
          {settings.listen.tls}
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
            <Badge tone={inForce ? "good" : "quiet"}>{inForce ? "in force" : "missing"}</Badge>
            <p className="row-main">{plainText(what)}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Problems({ status: { problems } }: { status: StatusView }) {
  return (
    <Panel title="Configuration files" className="wide">
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
