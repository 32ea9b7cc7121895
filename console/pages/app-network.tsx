import { setNetwork } from "#api/apps.ts";
import type { AppStatusView } from "#api/views.ts";
import { useAction } from "../data/use-operation.ts";
import { Confirm } from "../parts/confirm.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";

/** Whether an app's programs and builds may connect to the outside. */
export function AppNetwork({ app: { name, network } }: Pick<AppStatusView, "app">) {
  const change = useAction(setNetwork);
  const turn = (to: "open" | "closed") =>
    change.mutate({ params: { app: name }, body: { network: to } });
  return (
    <Panel title="Connections to the outside">
      {network === "open" ? (
        <>
          <p>Its programs and builds may connect to the internet.</p>
          <div className="form-end">
            <Confirm words="Close" name="them" onConfirm={() => turn("closed")}>
              Connections that stand are cut at once. Builds that fetch packages fail.
            </Confirm>
          </div>
        </>
      ) : (
        <>
          <p>Closed: its programs and builds reach nothing outside of this machine.</p>
          <div className="form-end">
            <button
              type="button"
              className="button"
              disabled={change.isPending}
              onClick={() => turn("open")}
            >
              Open them
            </button>
          </div>
        </>
      )}
      {change.error && <ErrorNote error={change.error} />}
    </Panel>
  );
}
