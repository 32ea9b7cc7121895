import { useState, type FormEvent } from "react";
import type { TokenView } from "#api/people-views.ts";
import { addToken, listTokens, removeToken } from "#api/tokens.ts";
import { useAction, useList } from "../data/use-operation.ts";
import { renderDay } from "../lib/format.ts";
import { Answer } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Commands } from "../parts/copy.tsx";
import { Field } from "../parts/field.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { RoleChoice } from "../parts/role-choice.tsx";
import { Ago, Foreign } from "../parts/text.tsx";

/** What programs show instead of a password; never more than their owner may do. */
export function Tokens() {
  const tokens = useList(listTokens, { query: {} });
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  return (
    <Panel title="Tokens for programs" className="wide">
      {made && (
        <div className="note">
          <p className="note-title">Copy the token {made.name} now: it is not shown again.</p>
          <Commands lines={[made.secret]} label={`Token ${made.name}`} />
        </div>
      )}
      <Answer of={tokens} rows={2}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No token yet. A program, such as your CI, needs one to speak to the API." />
          ) : (
            <ul className="rows">
              {list.map((token) => (
                <Token key={`${token.user} ${token.name}`} token={token} />
              ))}
            </ul>
          )
        }
      </Answer>
      <AddToken onAdded={(name, secret) => setMade({ name, secret })} />
    </Panel>
  );
}

function Token({ token }: { token: TokenView }) {
  const { name, role, app, team, expiresAt, lastUsedAt } = token;
  const remove = useAction(removeToken);
  return (
    <li className="row">
      <div className="row-main">
        <p>
          <Foreign text={name} />
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
        onConfirm={() => remove.mutate({ params: { token: name } })}
      >
        Whatever uses it is refused at once.
      </Confirm>
      {remove.error && <ErrorNote error={remove.error} />}
    </li>
  );
}

function AddToken({ onAdded }: { onAdded: (name: string, secret: string) => void }) {
  const [name, setName] = useState("");
  const [app, setApp] = useState("");
  const [role, setRole] = useState("viewer");
  const [days, setDays] = useState("90");
  const add = useAction(addToken, ({ token, secret }) => {
    setName("");
    onAdded(token.name, secret);
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const only = app === "" ? {} : { app };
    add.mutate({ body: { name, role, days: Number(days), ...only } });
  };
  return (
    <form className="filters" onSubmit={submit}>
      <Field label="Name" placeholder="ci" required value={name} onText={setName} />
      <Field label="Only for the app" placeholder="all of yours" value={app} onText={setApp} />
      <RoleChoice role={role} onChoose={setRole} />
      <Field label="Days" type="number" min={1} max={366} required value={days} onText={setDays} />
      <button type="submit" className="button" disabled={add.isPending}>
        Make token
      </button>
      {add.error && <ErrorNote error={add.error} />}
    </form>
  );
}
