import { useState } from "react";
import type { TokenView } from "#api/people-views.ts";
import { listTokens, removeToken } from "#api/tokens.ts";
import { useCaller } from "../data/session.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { renderDay } from "../lib/format.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Commands } from "../parts/copy.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Ago, Foreign } from "../parts/text.tsx";
import { AddToken } from "./add-token.tsx";

/** What programs show instead of a password; never more than their owner may do. */
export function Tokens() {
  const tokens = useList(listTokens, { query: {} });
  const isPerson = useCaller()?.user != null;
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Panel title="Tokens for programs" className="wide">
      {made && (
        <div className="note">
          <p className="note-title">Copy the token {made.name} now: it is not shown again.</p>
          <Commands lines={[made.secret]} label={`Token ${made.name}`} />
        </div>
      )}
      <Rows
        of={tokens}
        rows={2}
        empty={
          <Empty title="No token yet. A program, such as your CI, needs one to speak to the API." />
        }
      >
        {(token) => <Token key={`${token.user} ${token.name}`} token={token} isOwn={isPerson} />}
      </Rows>
      <AddToken isOwn={isPerson} onAdded={(name, secret) => setMade({ name, secret })} />
    </Panel>
  );
}

type TokenProps = {
  readonly token: TokenView;
  /** The machine itself looks after those of everybody. */
  readonly isOwn: boolean;
};

function Token({ token, isOwn }: TokenProps) {
  const { name, user, role, app, team, expiresAt, lastUsedAt } = token;
  const remove = useAction(removeToken);
  const query = isOwn ? {} : { user };
  return (
    <li className="row">
      <div className="row-main">
        <p>
          <Foreign text={name} /> {!isOwn && <span className="aside">of {user}</span>}
        </p>
        <p className="aside clip">
          {role}
          {app !== null && `, app ${app} only`}
          {team !== null && `, team ${team} only`} · until {renderDay(new Date(expiresAt))} ·{" "}
          {lastUsedAt === null ? (
            "never used"
          ) : (
            <>
              used <Ago at={lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <Confirm
        words="Revoke"
        name={name}
        onConfirm={() => remove.mutate({ params: { token: name }, query })}
      >
        Whatever uses it is refused at once.
      </Confirm>
      {remove.error && <ErrorNote error={remove.error} />}
    </li>
  );
}
