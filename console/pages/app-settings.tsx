import { useState, type FormEvent } from "react";
import { destroyApp } from "#api/apps.ts";
import { rebuild } from "#api/deploys.ts";
import type { AppStatusView } from "#api/views.ts";
import { goTo, reachableRemote } from "../data/location.ts";
import { useMay } from "../data/session.ts";
import { useAction } from "../data/use-operation.ts";
import { Commands } from "../parts/copy.tsx";
import { Field } from "../parts/field.tsx";
import { paths } from "../parts/link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { notify } from "../parts/notices.tsx";
import { Panel } from "../parts/panel.tsx";
import { AppAccess } from "./app-access.tsx";
import { AppFrame } from "./app-frame.tsx";
import { AppNetwork } from "./app-network.tsx";
import { Drains } from "./drains.tsx";
import { Notifications } from "./notifications.tsx";

export function AppSettingsPage({ target }: { target: string }) {
  const mayAdmin = useMay("admin", target);
  const mayDeploy = useMay("deploy", target);
  const [name = target] = target.split("@", 1);
  return (
    <AppFrame target={target}>
      {(branch, app) => (
        <div className="columns">
          <Panel title="Repository">
            <p>Each push to it is deployed.</p>
            <Commands
              lines={[`git remote add berth ${reachableRemote(app.gitRemote)}`]}
              label="Git remote"
            />
          </Panel>
          {branch.current && mayDeploy && (
            <Panel title="Build again">
              <Rebuild target={target} />
            </Panel>
          )}
          <AppAccess app={name} team={app.team} mayAdmin={mayAdmin} />
          <Notifications told={{ target: name }} />
          <Drains target={target} />
          <AppNetwork app={app.app} />
          {mayAdmin && (
            <Panel title="Destroy" className="danger">
              <Destroy app={app} />
            </Panel>
          )}
        </div>
      )}
    </AppFrame>
  );
}

function Rebuild({ target }: { target: string }) {
  const rebuilding = useAction(rebuild, ([job]) => {
    if (job) goTo(paths.job(job.id));
  });
  return (
    <>
      <p>Builds and deploys the current commit anew, with newer packages where it allows them.</p>
      {rebuilding.error && <ErrorNote error={rebuilding.error} />}
      <div className="form-end">
        <button
          type="button"
          className="button"
          disabled={rebuilding.isPending}
          onClick={() => rebuilding.mutate({ body: { target } })}
        >
          Rebuild
        </button>
      </div>
    </>
  );
}

function Destroy({ app: { app } }: { app: AppStatusView }) {
  const [typed, setTyped] = useState("");
  const destroy = useAction(destroyApp, () => {
    notify(`${app.name} is destroyed.`);
    goTo("/");
  });
  if (app.managedBy !== null) {
    return (
      <p>
        {app.name} is managed by {app.managedBy}. Remove it there, then type berth cleanup on the
        server.
      </p>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    destroy.mutate({ params: { app: app.name }, query: { confirm: typed } });
  };
  return (
    <form className="form" onSubmit={submit}>
      <p>
        Removes {app.name} with its code, all its branches, releases and config vars, for good.
        There is no way back.
      </p>
      <Field label={`Type ${app.name} to confirm`} value={typed} onText={setTyped} />
      {destroy.error && <ErrorNote error={destroy.error} />}
      <div className="form-end">
        <button
          type="submit"
          className="button bad"
          disabled={typed !== app.name || destroy.isPending}
        >
          Destroy {app.name}
        </button>
      </div>
    </form>
  );
}
