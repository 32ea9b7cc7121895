import assert from "node:assert/strict";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { exec } from "#lib/exec.ts";
import { sourceContract } from "../../../test/contract/source.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { gitEnv } from "#lib/git.ts";
import { createGitSource } from "./git.ts";

const who = {
  GIT_AUTHOR_NAME: "ann",
  GIT_AUTHOR_EMAIL: "ann@localhost",
  GIT_COMMITTER_NAME: "ann",
  GIT_COMMITTER_EMAIL: "ann@localhost",
};

async function createWorld() {
  const folder = await temporaryFolder();
  const root = join(folder.path, "repos");
  const git = async (args: readonly string[], input?: string, env = {}) => {
    const options = { env: { ...gitEnv, ...who, ...env } };
    const argv = ["git", "--git-dir", join(root, "1.git"), ...args] as const;
    return (await exec([...argv], input === undefined ? options : { ...options, input })).trim();
  };
  const commitOf = async (entries: readonly string[], parent: string | null) => {
    const index = { GIT_INDEX_FILE: join(folder.path, `index-${Math.random()}`) };
    await git(["update-index", "--index-info"], entries.join("\n"), index);
    const tree = await git(["write-tree"], undefined, index);
    const parents = parent === null ? [] : ["-p", parent];
    return git(["commit-tree", tree, "-m", `change ${entries.length}`, ...parents]);
  };
  const blob = (text: string) => git(["hash-object", "-w", "--stdin"], text);
  return {
    source: createGitSource(root),
    folder: folder.path,
    root,
    git,
    blob,
    commitOf,
    commit: async (files: Readonly<Record<string, string>>, parent: string | null) => {
      const entries = Object.entries(files).map(
        async ([path, text]) => `100644 ${await blob(text)}\t${path}`,
      );
      return commitOf(await Promise.all(entries), parent);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

sourceContract("git", createWorld);

test("a symbolic link is written as a link, whatever it leads to", async () => {
  await using world = await createWorld();
  const { source, folder } = world;
  await source.ensureRepository(1);
  const entries = [`120000 ${await world.blob("/etc/passwd")}\tsecret`];
  const dir = join(folder, "out");
  await source.exportTree(1, await world.commitOf(entries, null), dir);
  assert.equal((await lstat(join(dir, "secret"))).isSymbolicLink(), true);
  assert.equal(await readlink(join(dir, "secret")), "/etc/passwd");
});

test("a branch is found where git keeps it: in a file, packed, or beside a folder of its name", async () => {
  await using world = await createWorld();
  const { source, git } = world;
  await source.ensureRepository(1);
  const one = await world.commit({ a: "1" }, null);
  for (const branch of ["main", "v2/beta"]) await source.moveBranch(1, branch, null, one);
  const tips = async () =>
    Promise.all(["main", "v2/beta", "v2", "main/x"].map((it) => source.tipOf(1, it)));
  assert.deepEqual(await tips(), [one, one, null, null]);
  await git(["pack-refs", "--all"]);
  assert.deepEqual(await tips(), [one, one, null, null]);
  const two = await world.commit({ a: "2" }, one);
  assert.equal(await source.moveBranch(1, "main", one, two), true);
  assert.deepEqual(await tips(), [two, one, null, null]);
  await git(["symbolic-ref", "refs/heads/other", "refs/heads/main"]);
  assert.equal(await source.tipOf(1, "other"), two);
});

test("nothing of git comes with a tree, and no index stays behind", async () => {
  await using world = await createWorld();
  const { source, folder, root } = world;
  await source.ensureRepository(1);
  await source.exportTree(1, await world.commit({ a: "1" }, null), join(folder, "out"));
  assert.deepEqual(await readdir(join(folder, "out")), ["a"]);
  assert.deepEqual(await readdir(root), ["1.git"]);
});

test("a pinned commit is kept when git cleans up, and one that is not is collected", async () => {
  await using world = await createWorld();
  const { source, git } = world;
  await source.ensureRepository(1);
  const [kept, lost] = [await world.commit({ a: "1" }, null), await world.commit({ b: "" }, null)];
  await source.pin(1, "artifacts/1", kept);
  await git(["gc", "--quiet", "--prune=now"]);
  assert.equal(await git(["cat-file", "-t", kept]), "commit");
  await assert.rejects(git(["cat-file", "-t", lost]));
});

test("a new repository checks what it is sent, and shows its pins to nobody", async () => {
  await using world = await createWorld();
  const { source, git } = world;
  await source.ensureRepository(1);
  assert.equal(await git(["config", "receive.fsckObjects"]), "true");
  assert.equal(await git(["config", "transfer.hideRefs"]), "refs/berth");
  assert.equal(await source.subjectOf(1, await world.commit({ a: "1" }, null)), "change 1");
});

test("a refused tree leaves no directory and no index behind", async () => {
  await using world = await createWorld();
  const { source, folder, root } = world;
  await source.ensureRepository(1);
  const commit = await world.commitOf([`160000 ${"1".repeat(40)}\tlibrary`], null);
  const dir = join(folder, "out");
  const message = /"library" is a submodule/;
  await assert.rejects(source.exportTree(1, commit, dir), { code: "tree_refused", message });
  await assert.rejects(lstat(dir), { code: "ENOENT" });
  assert.deepEqual(await readdir(root), ["1.git"]);
});

test("what is not a full hash is never handed to git", async () => {
  await using world = await createWorld();
  const { source, folder } = world;
  await source.ensureRepository(1);
  const invalid = { code: "invalid_input" };
  for (const commit of [
    "main",
    "--output=x",
    "",
    "a".repeat(39),
    `${"a".repeat(40)}\n`,
    "HEAD~1",
  ]) {
    await assert.rejects(source.exportTree(1, commit, join(folder, "out")), invalid);
    await assert.rejects(source.moveBranch(1, "main", null, commit), invalid);
    await assert.rejects(source.isAncestor(1, "a".repeat(40), commit), invalid);
    await assert.rejects(source.pin(1, "artifacts/1", commit), invalid);
    await assert.rejects(source.subjectOf(1, commit), invalid);
  }
});

test("a branch moves to a commit only, and modes come with the files", async () => {
  await using world = await createWorld();
  const { source, folder, git } = world;
  await source.ensureRepository(1);
  const entries = [
    `100755 ${await world.blob("x")}\trun`,
    `100644 ${await world.blob("y")}\t-rf ü`,
  ];
  const commit = await world.commitOf(entries, null);
  const tree = await git(["rev-parse", `${commit}^{tree}`]);
  assert.equal(await source.moveBranch(1, "main", null, tree), false);
  assert.equal(await source.tipOf(1, "main"), null);
  await source.exportTree(1, commit, join(folder, "out"));
  assert.equal((await lstat(join(folder, "out/run"))).mode & 0o111, 0o111);
  assert.equal((await lstat(join(folder, "out/-rf ü"))).mode & 0o111, 0);
});

test("files are written byte for byte, whatever .gitattributes asks for", async () => {
  await using world = await createWorld();
  const { source, folder, git } = world;
  await source.ensureRepository(1);
  const ran = join(folder, "ran");
  await git(["config", "filter.evil.smudge", `touch ${ran}; cat`]);
  await git(["config", "filter.evil.process", `touch ${ran}`]);
  const text = "$Id$ $Format:%H$\nline\n";
  const attributes =
    "* ident text eol=crlf filter=evil export-subst working-tree-encoding=UTF-16\n";
  const files = { "a.txt": text, ".gitattributes": attributes, "sub/.gitattributes": attributes };
  const dir = join(folder, "out");
  await source.exportTree(1, await world.commit({ ...files, "sub/b": text }, null), dir);
  for (const name of ["a.txt", "sub/b"]) {
    assert.equal(await readFile(join(dir, name), "utf8"), text);
  }
  await assert.rejects(lstat(ran), { code: "ENOENT" });
});

test("pointers of Git LFS are named, and files that only look like one are not", async () => {
  await using world = await createWorld();
  const { source, folder } = world;
  await source.ensureRepository(1);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 5\n`;
  const tracked = { ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n" };
  const files = { ...tracked, "a.bin": pointer, "b.bin": "plain", "docs/c.txt": `x${pointer}` };
  const said = await source.exportTree(1, await world.commit(files, null), join(folder, "one"));
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^Warning: a\.bin: pointers of Git LFS.*git lfs migrate export/);
  const many = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`${at}.bin`, pointer]));
  const commit = await world.commit({ ...tracked, ...many }, null);
  const [words] = await source.exportTree(1, commit, join(folder, "two"));
  assert.match(words ?? "", /0\.bin, 1\.bin, 2\.bin, 3\.bin, 4\.bin and 2 more:/);
  const without = await world.commit({ "a.bin": pointer }, null);
  assert.deepEqual(await source.exportTree(1, without, join(folder, "three")), []);
});

test("class 5, trees that lead out: a tree that puts files behind its own link writes nothing outside", async () => {
  await using world = await createWorld();
  const { source, folder, git } = world;
  await source.ensureRepository(1);
  const blob = await world.blob("harm");
  const inner = await git(["mktree"], `100644 blob ${blob}\tfile\n`);
  const link = await world.blob(folder);
  const raw = [
    Buffer.concat([Buffer.from("120000 a\0"), Buffer.from(link, "hex")]),
    Buffer.concat([Buffer.from("40000 a\0"), Buffer.from(inner, "hex")]),
  ];
  await writeFile(join(folder, "raw"), Buffer.concat(raw));
  const literally = ["hash-object", "-t", "tree", "-w", "--literally", join(folder, "raw")];
  const commit = await git(["commit-tree", await git(literally), "-m", "x"]);
  await Promise.allSettled([source.exportTree(1, commit, join(folder, "out"))]);
  await assert.rejects(lstat(join(folder, "file")), { code: "ENOENT" });
});

test("an object is what its hash says, though a replacement or a graft names another", async () => {
  await using world = await createWorld();
  const { source, folder, git, root } = world;
  await source.ensureRepository(1);
  const [good, other] = [
    await world.commit({ a: "good" }, null),
    await world.commit({ a: "no" }, null),
  ];
  await git(["update-ref", `refs/replace/${good}`, other]);
  await mkdir(join(root, "1.git/info"), { recursive: true });
  await writeFile(join(root, "1.git/info/grafts"), `${good} ${other}\n`);
  await source.exportTree(1, good, join(folder, "out"));
  assert.equal(await readFile(join(folder, "out/a"), "utf8"), "good");
  assert.equal(await source.isAncestor(1, other, good), false);
});

test("nothing is fetched, whatever a repository's own settings say", async () => {
  await using world = await createWorld();
  const { source, folder, git } = world;
  await source.ensureRepository(1);
  const ran = join(folder, "ran");
  await git(["config", "remote.origin.url", `ext::touch ${ran}`]);
  await git(["config", "remote.origin.promisor", "true"]);
  await git(["config", "extensions.partialClone", "origin"]);
  await git(["config", "core.repositoryFormatVersion", "1"]);
  await assert.rejects(source.exportTree(1, "1".repeat(40), join(folder, "out")));
  await assert.rejects(lstat(ran), { code: "ENOENT" });
});

test("names and messages that are made to confuse are told as they are", async () => {
  await using world = await createWorld();
  await world.source.ensureRepository(1);
  const one = await world.commit({ a: "1\n" }, null);
  const tree = await world.git(
    ["mktree", "-z"],
    `100644 blob ${await world.blob("2\n")}\ta\tb\nc\0`,
  );
  const two = await world.git(["commit-tree", tree, "-m", "sly\u001f|<b>\u202e", "-p", one]);
  const changes = await world.source.compare(1, one, two);
  assert.deepEqual(changes?.files, [
    { path: "a", added: 0, removed: 1 },
    { path: "a\tb\nc", added: 1, removed: 0 },
  ]);
  assert.equal(changes.arriving[0]?.subject, "sly\u001f|<b>\u202e");
  await assert.rejects(world.source.compare(1, one, "--output=/tmp/x"), { code: "invalid_input" });
});
