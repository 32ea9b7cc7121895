import { useState, type FormEvent } from "react";
import { addDomain, listDomains, removeDomain } from "#api/domains.ts";
import type { DomainView } from "#api/views.ts";
import { useList } from "../data/use-list.ts";
import { useAction } from "../data/use-operation.ts";
import { emptied } from "../lib/draft.ts";
import { Rows } from "../parts/answer.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Field } from "../parts/field.tsx";
import { Empty, ErrorNote } from "../parts/note.tsx";
import { Panel } from "../parts/panel.tsx";
import { Foreign } from "../parts/text.tsx";
import { AppFrame } from "./app-frame.tsx";

export function AppDomainsPage({ target }: { target: string }) {
  return (
    <AppFrame target={target}>
      {(branch) => (
        <div className="columns">
          <Panel title="Domains" className="wide">
            <Domains target={target} urls={branch.urls} />
          </Panel>
          <Panel title="Add a domain" className="wide">
            <AddDomain target={target} />
          </Panel>
        </div>
      )}
    </AppFrame>
  );
}

function Domains({ target, urls }: { target: string; urls: readonly string[] }) {
  const domains = useList(listDomains, { query: { target } });
  return (
    <>
      <p className="aside addresses">
        Answers at
        {urls.map((url) => (
          <a key={url} href={url} target="_blank" rel="noreferrer">
            {url}
          </a>
        ))}
      </p>
      <Rows
        of={domains}
        empty={
          <Empty title="No domain of its own yet.">
            <p>Point a name at this server in DNS, then add it here.</p>
          </Empty>
        }
      >
        {(domain) => <Domain key={domain.name} target={target} domain={domain} />}
      </Rows>
    </>
  );
}

function Domain({ target, domain: { name, managedBy } }: { target: string; domain: DomainView }) {
  const remove = useAction(removeDomain);
  return (
    <li className="row">
      <p className="row-main">
        <Foreign text={name} />
      </p>
      {managedBy === null ? (
        <Confirm
          words="Remove"
          name={name}
          onConfirm={() => remove.mutate({ params: { target, domain: name } })}
        >
          Visitors of it are not led here any more.
        </Confirm>
      ) : (
        <span className="aside">managed by {managedBy}</span>
      )}
      {remove.error && <ErrorNote error={remove.error} />}
    </li>
  );
}

function AddDomain({ target }: { target: string }) {
  const [domain, setDomain] = useState("");
  const add = useAction(addDomain, (_, { body }) => setDomain(emptied(body.domain)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ params: { target }, body: { domain } });
  };
  return (
    <form className="line-form" onSubmit={submit}>
      <Field
        label="Domain"
        placeholder="shop.example.com"
        required
        value={domain}
        onText={setDomain}
      />
      <button type="submit" className="button primary" disabled={add.isPending}>
        Add domain
      </button>
      {add.error && <ErrorNote error={add.error} />}
    </form>
  );
}
