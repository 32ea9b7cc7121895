import { useState, type FormEvent } from "react";
import { createApp } from "#api/apps.ts";
import { goTo } from "../data/location.ts";
import { useAction } from "../data/use-operation.ts";
import { Field } from "../parts/field.tsx";
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
  const create = useAction(createApp, ({ app }) => goTo(paths.app(app.name)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ body: { name } });
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
      <button type="submit" className="button primary" disabled={create.isPending}>
        Create app
      </button>
      {create.error && <ErrorNote error={create.error} />}
    </form>
  );
}
