import type { CodeChanges, CommitSummary, FileChange } from "#domain/code-changes.ts";

const commitsMax = 50;
const filesMax = 300;
const separator = "\x1f";

/** What `git log` is asked for: one record for each commit, one more than is shown. */
export function logArguments(from: string, to: string): string[] {
  const format = ["%H", "%an", "%aI", "%s"].join("%x1f");
  const plain = ["--no-show-signature", "--no-notes", "--no-mailmap", "--no-decorate"];
  return [
    "log",
    "-z",
    ...plain,
    `--max-count=${commitsMax + 1}`,
    `--format=${format}`,
    `${from}..${to}`,
    "--",
  ];
}

/** Lines that were added and removed in each file; nothing that a tree says about its files counts. */
export function filesArguments(from: string, to: string): string[] {
  const plain = ["--no-renames", "--no-ext-diff", "--no-textconv"];
  return [
    "-c",
    "core.bigFileThreshold=1m",
    "diff-tree",
    "-r",
    "-z",
    "--numstat",
    ...plain,
    from,
    to,
    "--",
  ];
}

/** Reads what git answered to both. */
export function parseChanges(answers: {
  readonly arriving: string;
  readonly leaving: string;
  readonly files: string;
}): CodeChanges {
  const [arriving, leaving] = [parseLog(answers.arriving), parseLog(answers.leaving)];
  const files = parseFiles(answers.files);
  return {
    arriving: arriving.slice(0, commitsMax),
    leaving: leaving.slice(0, commitsMax),
    files: files.slice(0, filesMax),
    isCut: arriving.length > commitsMax || leaving.length > commitsMax || files.length > filesMax,
  };
}

function parseLog(text: string): CommitSummary[] {
  return recordsOf(text).map((record) => {
    const [id = "", author = "", at = "", ...subject] = record.split(separator);
    return {
      id,
      author: author.slice(0, 200),
      at: new Date(at),
      subject: subject.join(separator).slice(0, 500),
    };
  });
}

function parseFiles(text: string): FileChange[] {
  const count = (digits: string) => (digits === "-" ? null : Number(digits));
  return recordsOf(text).map((record) => {
    const [added = "-", removed = "-", ...path] = record.split("\t");
    return { path: path.join("\t"), added: count(added), removed: count(removed) };
  });
}

function recordsOf(text: string): string[] {
  return text.split("\0").filter((record) => record !== "");
}
