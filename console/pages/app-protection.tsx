import { listScoreCards, type ScoreCardView } from "#api/security.ts";
import { useList } from "../data/use-list.ts";
import { plainText } from "../lib/text.ts";
import { Answer } from "../parts/answer.tsx";
import { Empty } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Badge } from "../parts/state.tsx";
import { AppFrame } from "./app-frame.tsx";
import { SmallButton } from "../parts/small-button.tsx";

/** Which protections hold for an app, by what was seen of its running instances just now. */
export function AppProtectionPage({ target }: { target: string }) {
  return <AppFrame target={target}>{() => <ScoreCard target={target} />}</AppFrame>;
}

function ScoreCard({ target }: { target: string }) {
  const cards = useList(listScoreCards, { query: { target } });
  return (
    <Panel
      title="What holds"
      aside={
        <SmallButton isBusy={cards.isFetching} onPress={() => void cards.refetch()}>
          Look again
        </SmallButton>
      }
    >
      <p className="aside">Seen of the running instances when this page looked at them.</p>
      <Answer of={cards} rows={8}>
        {([card]) => (card ? <Lines lines={card.lines} /> : <Empty title="Nothing to look at." />)}
      </Answer>
    </Panel>
  );
}

function Lines({ lines }: Pick<ScoreCardView, "lines">) {
  return (
    <ul className="rows">
      {lines.map(({ name, what, holds, found }) => (
        <li key={name} className="row">
          <Verdict holds={holds} />
          <div className="row-main">
            <p>{plainText(what)}</p>
            <p className="aside">
              <bdi>{plainText(found, 500)}</bdi>
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Verdict({ holds }: { holds: boolean | null }) {
  if (holds === null) return <Badge tone="quiet">not seen</Badge>;
  return holds ? <Badge tone="good">holds</Badge> : <Badge tone="bad">missing</Badge>;
}
