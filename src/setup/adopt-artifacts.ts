import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { userRange } from "#domain/app-user.ts";
import { exec } from "#lib/exec.ts";
import { namesIn } from "#lib/files.ts";
import type { HomeLayout } from "./layout.ts";

/**
 * Gives the artifacts of a home that was moved or restored to this home's users: where it was, it
 * had another range of them. Repeatable; an artifact's own folder, by which one is known, is last.
 */
export async function adoptArtifacts({ artifacts }: HomeLayout, appsFrom: number): Promise<void> {
  for (const name of await namesIn(artifacts)) {
    const path = join(artifacts, name);
    const { uid, gid } = await lstat(path);
    const userNumber = gid - uid;
    const isKeepers = uid >= userRange.first && (uid - userRange.first) % userRange.ofHome === 0;
    const isUsers = userNumber > 0 && userNumber < userRange.ofHome;
    if (!isKeepers || !isUsers || uid === appsFrom) continue;
    const how = ["--recursive", "--no-dereference", `--from=${uid}:${gid}`];
    await exec(["chown", ...how, `${appsFrom}:${appsFrom + userNumber}`, "--", path], {
      timeoutMs: 600_000,
    });
  }
}
