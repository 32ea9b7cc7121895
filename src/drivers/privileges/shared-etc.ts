import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync } from "node:fs";
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nullIf } from "#lib/files.ts";

/** Files of /etc that programs look at; nothing that holds a secret. */
const files = (
  "gai.conf hosts ld.so.cache localtime mime.types nsswitch.conf os-release protocols resolv.conf " +
  "services ssl/openssl.cnf timezone"
).split(" ");
/** The same with many entries each, which are shown as they are. */
const folders = ["alternatives", "fonts", "ssl/certs"];
/** Each sandbox has its own, where these lead. */
const own = { group: "/run/group", passwd: "/run/passwd" };

/**
 * A folder with copies of the machine's files, which every sandbox shows as its /etc: to show them one
 * by one costs a fifth of a millisecond for each, at every start.
 */
export class SharedEtc {
  readonly #folder: string;
  readonly #machine: string;
  readonly #versions = new Map<string, string>();

  constructor(folder: string, machine = "/etc") {
    this.#folder = folder;
    this.#machine = machine;
  }

  /** Brings it up to date, for those that run as well. Gives the words with which bwrap shows it. */
  shown(): string[] {
    if (this.#versions.size === 0) this.#begin();
    for (const name of files) {
      const path = join(this.#machine, name);
      const version = versionOf(path);
      if (this.#versions.get(name) !== version) this.#put(name, contentOf(path));
      this.#versions.set(name, version);
    }
    const shown = folders.map((it) => ["--ro-bind-try", join(this.#machine, it), `/etc/${it}`]);
    return ["--ro-bind", this.#folder, "/etc", ...shown.flat()];
  }

  #begin(): void {
    for (const name of ["", "ssl", ...folders]) {
      const path = join(this.#folder, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
    }
    for (const [name, link] of Object.entries(own)) this.#put(name, { link });
  }

  /** In the place of what was there, at once. */
  #put(name: string, content: Content | null): void {
    const path = join(this.#folder, name);
    const partial = `${path}.partial`;
    rmSync(partial, { force: true });
    if (content === null) return rmSync(path, { force: true });
    if ("link" in content) symlinkSync(content.link, partial);
    else {
      writeFileSync(partial, content.bytes);
      chmodSync(partial, 0o644);
    }
    renameSync(partial, path);
  }
}

type Content = { readonly link: string } | { readonly bytes: Uint8Array };

/** Changes with what it leads to. */
function versionOf(path: string): string {
  const stats = [lstatSync(path, quiet), statSync(path, quiet)];
  return stats.map((it) => (it ? [it.ino, it.size, it.mtimeMs].join(":") : "")).join(" ");
}

/** A link into /usr stays one; what it leads to is there. Null where nobody may read anything. */
function contentOf(path: string): Content | null {
  const isLink = lstatSync(path, quiet)?.isSymbolicLink() ?? false;
  const link = isLink ? readlinkSync(path) : "";
  if (/^(?:\.\.)?\/usr\//.test(link)) return { link };
  if (!statSync(path, quiet)?.isFile()) return null;
  try {
    return { bytes: readFileSync(path) };
  } catch (error) {
    return nullIf(["EACCES", "ENOENT"])(error as NodeJS.ErrnoException);
  }
}

const quiet = { throwIfNoEntry: false } as const;
