import { join } from "node:path";
import { exitNotes } from "#domain/privileges.ts";

/** Where supervised things and trees are inside a home; every path follows from an id. */
export type SupervisionLayout = ReturnType<typeof supervisionLayout>;

export function supervisionLayout(home: string) {
  const [run, data] = [join(home, "run"), join(home, "data")];
  const services = join(run, "services");
  return {
    /** The folder that s6-svscan watches: links to service folders. */
    scan: join(run, "scan"),
    /** Notes of each instance, written anew each time it ends. */
    exits: join(run, "exits"),
    services,
    scratch: join(data, "scratch"),
    caches: join(data, "caches"),
    artifacts: join(data, "artifacts"),
    service: (id: number) => join(services, `i${id}`),
    link: (id: number) => join(run, "scan", `i${id}`),
    exitNotes: (id: number) => exitNotes(id).map((name) => join(run, "exits", name)),
    log: (name: string) => join(home, "logs", "instances", name),
    cache: (appId: number) => join(data, "caches", String(appId)),
    artifact: (id: number) => join(data, "artifacts", String(id)),
    growing: (id: number) => join(data, "artifacts", `${id}.partial`),
  };
}
