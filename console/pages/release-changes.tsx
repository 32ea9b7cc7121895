import type { ReleaseDiffView } from "#api/release-diff.ts";
import { renderNumberOf } from "../lib/format.ts";
import { plainText } from "../lib/text.ts";
import { Commit, Foreign } from "../parts/text.tsx";

/** What lies between two releases: commits, files, configuration. */
export function ReleaseChanges({ diff: { code, config } }: { diff: ReleaseDiffView }) {
  return (
    <div className="changes">
      {code === null ? (
        <p className="aside">The code of one of the two is not kept any more.</p>
      ) : (
        <CodeChanges code={code} />
      )}
      <h3>Configuration</h3>
      {config.length === 0 ? (
        <p className="aside">The same config vars and process types.</p>
      ) : (
        <ul className="config-changes">
          {config.map((difference) => (
            <ConfigChange key={`${difference.of} ${difference.name}`} difference={difference} />
          ))}
        </ul>
      )}
    </div>
  );
}

function CodeChanges({ code }: { code: NonNullable<ReleaseDiffView["code"]> }) {
  const { arriving, leaving, files, isCut } = code;
  if (files.length === 0 && arriving.length === 0 && leaving.length === 0) {
    return (
      <>
        <h3>Code</h3>
        <p className="aside">The same code.</p>
      </>
    );
  }
  return (
    <>
      <h3>Code: {renderNumberOf(files.length, "changed file")}</h3>
      <Commits sign="+" words="comes" commits={arriving} />
      <Commits sign="−" words="goes" commits={leaving} />
      <ul className="changed-files">
        {files.map(({ path, added, removed }) => (
          <li key={path}>
            <code className="clip" title={path}>
              <bdi>{plainText(path, 300)}</bdi>
            </code>
            <span className="figure">
              {added === null ? (
                "not text"
              ) : (
                <>
                  <ins>+{added}</ins> <del>−{removed}</del>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      {isCut && <p className="aside">There is more than is listed here.</p>}
    </>
  );
}

type CommitsProps = {
  readonly sign: string;
  readonly words: string;
  readonly commits: NonNullable<ReleaseDiffView["code"]>["arriving"];
};

function Commits({ sign, words, commits }: CommitsProps) {
  return (
    <ul className="changed-commits">
      {commits.map(({ id, subject, author }) => (
        <li key={id} className="clip">
          <span aria-hidden="true">{sign} </span>
          <span className="unseen">{words}: </span>
          <Commit id={id} /> <Foreign text={subject} />{" "}
          <span className="aside">
            <Foreign text={author} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function ConfigChange({ difference }: { difference: ReleaseDiffView["config"][number] }) {
  const { of, name, secret, change, before, after } = difference;
  return (
    <li>
      <p>
        <code>{name}</code> <span className="aside">{of === "config var" ? change : of}</span>
      </p>
      {secret ? (
        <p className="aside">a secret, whose values are not shown</p>
      ) : (
        <p className="config-change">
          {before !== null && <Value of="del" text={before} />}
          {after !== null && <Value of="ins" text={after} />}
        </p>
      )}
    </li>
  );
}

function Value({ of: Tag, text }: { of: "del" | "ins"; text: string }) {
  return (
    <Tag>
      <code>
        <bdi>{plainText(text, 500)}</bdi>
      </code>
    </Tag>
  );
}
