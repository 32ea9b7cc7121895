import { useState, type FormEvent } from "react";
import { createApp } from "#api/apps.ts";
import { listTeams } from "#api/teams.ts";
import { goTo } from "../data/location.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { Choice, Field } from "../parts/field.tsx";
import { paths } from "../parts/link.tsx";
import { ErrorNote } from "../parts/note.tsx";
import { PageHead } from "../parts/panel.tsx";

export function NewAppPage() {
  return (
    <div className="narrow">
      <PageHead title="New app">
        <p className="lead">An app has a git repository of its own. Each push to it is deployed.</p>
      </PageHead>
      <CreateApp />
    </div>
  );
}

/** Makes an app and goes to it, where the commands for its first push are. */
export function CreateApp() {
  const [name, setName] = useState("");
  const [chosen, setTeam] = useState("");
  const { data: teams = [] } = useList(listTeams, {});
  const [first] = teams;
  const team = chosen || (teams.find((it) => it.name === "main") ?? first)?.name;
  const create = useAction(createApp, ({ app }) => goTo(paths.app(app.name)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ body: { name, ...(teams.length > 1 && { team }) } });
  };
  return (
    <form className="line-form" onSubmit={submit}>
      <Field
        label="Name of the app"
        hint="Lower-case letters, digits and hyphens, such as shop"
        required
        maxLength={60}
        value={name}
        onText={setName}
      />
      {team !== undefined && teams.length > 1 && (
        <Choice
          label="Team that it belongs to"
          value={team}
          choices={teams.map((it) => [it.name, it.name])}
          onChoose={setTeam}
        />
      )}
      <button type="submit" className="button primary" disabled={create.isPending}>
        Create app
      </button>
      {create.error && <ErrorNote error={create.error} />}
    </form>
  );
}
