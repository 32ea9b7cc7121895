import { chown, mkdir, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { VerbArguments } from "#domain/privileges.ts";
import { userOf } from "#domain/realm.ts";
import { ended, start } from "#lib/exec.ts";
import { become, enter, type Own } from "./realm.ts";
import { makeFolder, removeAll } from "./trees.ts";

/**
 * Runs one program to its end, in a folder that only its user may pass through, and leaves the
 * connection to it: whoever asked talks to the program, not to root. When this process dies, so does
 * the program.
 */
export async function runCommand(
  realm: Own,
  { name, isConfined, program, ...command }: VerbArguments<"runCommand">,
  connection: Socket,
): Promise<void> {
  const user = userOf(realm, command.user);
  const folder = join(realm.layout.scratch, name);
  await mkdir(folder, { mode: 0o710 });
  try {
    // By its group it is known as one of theirs.
    await chown(folder, -1, user.gid);
    for (const own of ["tmp", "home"]) await makeFolder(join(folder, own), user);
    const opened = program.files.map((_, index) => join(folder, `sandbox.${3 + index}`));
    for (const [index, path] of opened.entries()) {
      const content = Buffer.from(program.files[index] ?? "", "base64");
      await writeFile(path, content, { mode: 0o600, flag: "wx" });
      await chown(path, user.uid, user.gid);
    }
    const stand = { cgroup: { uid: user.uid, name }, port: null, opened };
    const words = isConfined ? enter(realm, user, stand) : become(realm, user);
    const [first = "", ...others] = [...words, ...program.argv];
    const stdio = [connection, connection, "ignore" as const];
    await ended(start([first, ...others], { cwd: folder, stdio }));
  } finally {
    await removeAll(realm, folder);
  }
}
