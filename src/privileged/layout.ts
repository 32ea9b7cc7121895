import { join } from "node:path";

/** Where supervised things are inside a home. */
export type SupervisionLayout = ReturnType<typeof supervisionLayout>;

export function supervisionLayout(home: string) {
  const run = join(home, "run");
  const services = join(run, "services");
  return {
    /** The folder that s6-svscan watches: links to service folders. */
    scan: join(run, "scan"),
    /** One file per instance, written anew each time it ends. */
    exits: join(run, "exits"),
    services,
    service: (id: number) => join(services, `i${id}`),
    link: (id: number) => join(run, "scan", `i${id}`),
    exit: (id: number) => join(run, "exits", `i${id}`),
    scratch: (id: number) => join(home, "data", "scratch", `i${id}`),
  };
}

/** The instance that a name in one of these folders stands for; null for anything else. */
export function instanceIdOf(name: string): number | null {
  const digits = /^i(\d{1,15})$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
