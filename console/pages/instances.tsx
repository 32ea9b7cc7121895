import { listInstances, restart } from "#api/instances.ts";
import type { InstanceView } from "#api/views.ts";
import { useLive } from "../data/live.tsx";
import { useMay } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { renderBytes, renderCores } from "../lib/format.ts";
import { renderEnd } from "../lib/instance-end.ts";
import { plainText } from "../lib/text.ts";
import { Rows } from "../parts/answer.tsx";
import { Empty } from "../parts/note.tsx";
import { Output } from "../parts/output.tsx";
import { State } from "../parts/state.tsx";
import { Ago } from "../parts/text.tsx";
import { useErrorNotice } from "../parts/use-error-notice.tsx";

/** What runs of a branch. One that crashes says how it ended and what it printed last. */
export function Instances({ target }: { target: string }) {
  const instances = useList(listInstances, { params: { target } });
  useLive(`instances:${target}`);
  const restarting = useAction(restart);
  useErrorNotice(restarting.error);
  const mayOperate = useMay("operate", target);
  const restartOne = (instance: string) =>
    restarting.mutate({ params: { target }, body: { instance } });
  return (
    <Rows
      of={instances}
      empty={
        <Empty title="No instance runs. Files are served by the router; a stopped branch runs nothing." />
      }
    >
      {(instance) => (
        <Instance
          key={instance.name}
          instance={instance}
          isRestarting={restarting.isPending}
          onRestart={mayOperate ? restartOne : null}
        />
      )}
    </Rows>
  );
}

type InstanceProps = {
  readonly instance: InstanceView;
  readonly isRestarting: boolean;
  /** Null when the person may not. */
  readonly onRestart: ((name: string) => void) | null;
};

function Instance({ instance, isRestarting, onRestart }: InstanceProps) {
  const { name, state, port, pid, startedAt, lastExit, lastLines } = instance;
  return (
    <li className="row instance">
      <State state={state} />
      <div className="row-main">
        <p className="process-name">{name}</p>
        <p className="aside figure clip">
          {port !== null && <>port {port} · </>}
          {pid !== null && <>pid {pid} · </>}
          since <Ago at={startedAt} />
        </p>
        {state === "running" && lastExit && (
          <p className="aside">{renderEnd(instance)} It was started again.</p>
        )}
      </div>
      <InstanceUse {...instance} />
      {onRestart && (
        <button
          type="button"
          className="button small"
          aria-label={`Restart ${name}`}
          disabled={isRestarting}
          onClick={() => onRestart(name)}
        >
          Restart
        </button>
      )}
      {state === "crashing" && (
        <div className="instance-end">
          <p>{renderEnd(instance)} It printed last:</p>
          <Output label={`Last lines of ${name}`}>
            {lastLines.map((line) => plainText(line, 500)).join("\n")}
          </Output>
        </div>
      )}
    </li>
  );
}

/** What it uses at the moment. */
function InstanceUse({ memoryBytes, cpuCores, isBehind }: InstanceView) {
  return (
    <p className="instance-use aside figure">
      <span>{memoryBytes === null ? "" : renderBytes(memoryBytes)}</span>
      <span>{cpuCores === null ? "" : `${renderCores(cpuCores)} of a core`}</span>
      {isBehind && <span>other apps go first</span>}
    </p>
  );
}
