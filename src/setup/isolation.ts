/** Each protection, with whether it is in force where this program runs. */
export function isolationOf({
  hasUsers,
}: {
  readonly hasUsers: boolean;
}): { what: string; inForce: boolean }[] {
  return [
    {
      what: "Apps, builds and hooks run in a sandbox: read-only system, no sight of other apps",
      inForce: true,
    },
    {
      what: "Nothing that is reached from the network runs as root",
      inForce: process.getuid?.() !== 0,
    },
    { what: "Every app has a Linux user of its own", inForce: hasUsers },
    { what: "The router and berthd are different Linux users", inForce: hasUsers },
    { what: "Memory, CPU and processes of an app are limited", inForce: false },
  ];
}
