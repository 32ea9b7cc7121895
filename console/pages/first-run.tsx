import { listKeys } from "#api/keys.ts";
import { useList } from "../data/use-list.ts";
import { Answer } from "../parts/answer.tsx";
import { PageHead } from "../parts/panel.tsx";
import { AddKey } from "./add-key.tsx";
import { CreateApp } from "./new-app.tsx";

/** What somebody sees who has no app yet: the way to the first push, a step after the other. */
export function FirstRun() {
  const keys = useList(listKeys, {});
  return (
    <div className="narrow">
      <PageHead title="Welcome to Berth">
        <p className="lead">Three steps, and the code on your computer is live.</p>
      </PageHead>
      <Answer of={keys} rows={4}>
        {(known) => (
          <ol className="steps">
            <li className={known.length > 0 ? "step step-done" : "step"}>
              <h2>Let your key push</h2>
              {known.length > 0 ? (
                <p className="aside">
                  {known.length === 1 ? "One key" : `${known.length} keys`} may push already.
                </p>
              ) : (
                <AddKey />
              )}
            </li>
            <li className="step">
              <h2>Name your app</h2>
              <CreateApp />
            </li>
            <li className="step step-later">
              <h2>Push your code</h2>
              <p className="aside">The commands to type appear here, made for your app.</p>
            </li>
          </ol>
        )}
      </Answer>
    </div>
  );
}
