import type { Network } from "#domain/app.ts";
import { appCgroup, dnsPort, usersIn, type FencePlace, type Realm } from "#domain/realm.ts";
import { exec, ExecError } from "#lib/exec.ts";

/**
 * The verbs of the fence, whose rules `berth up` wrote: apps and ports come and go as elements of
 * its sets. Where there is no fence they do nothing.
 */
export function fenceOf(realm: Realm) {
  const { fence } = realm;
  const order = async (render: (fence: FencePlace) => readonly string[]) => {
    if (fence) await nft(render(fence));
  };
  const cgroup = ({ apps }: FencePlace, uid: number) => `"${appCgroup({ apps }, known(uid))}"`;
  const known = (uid: number) => {
    const { first, last } = usersIn(realm);
    if (uid >= first && uid <= last) return uid;
    throw new RangeError(`${uid} is no user of this home`);
  };
  const app = (it: FencePlace, uid: number) => [
    `marks { ${known(uid)} : ${uid} }`,
    `own { ${uid} . ${cgroup(it, uid)} }`,
  ];
  const closed = (uid: number) => [`closed { ${known(uid)} }`, `closed_marks { ${uid} }`];
  const door = (it: FencePlace, uid: number, port: number) =>
    `ports { ${cgroup(it, uid)} . ${port} }`;
  return {
    admit: (uid: number, network: Network, port: number | null) =>
      order((it) => [
        ...adding(it, app(it, uid)),
        ...(network === "closed" ? adding : dropping)(it, closed(uid)),
        ...adding(it, port === null ? [] : [door(it, uid, port)]),
      ]),
    /** Forgets an app. Its uid still reaches nothing here, as no uid of the range does unknown. */
    forget: (uid: number) => order((it) => dropping(it, [...app(it, uid), ...closed(uid)])),
    closePort: (uid: number, port: number) => order((it) => dropping(it, [door(it, uid, port)])),
    openToAll: (ports: readonly number[]) =>
      order((it) => [
        `flush set ${it.table} open`,
        ...adding(
          it,
          [dnsPort, ...ports].map((port) => `open { ${port} }`),
        ),
      ]),
    /** What nft says of the table, which is put up first where somebody took it down. */
    look: async () => {
      if (!fence) return null;
      const list = () => exec(["nft", "-j", "list", "table", ...fence.table.split(" ")]);
      const listing = await list().catch(nullIfGone);
      if (listing !== null) return { listing, isNew: false };
      await exec(["nft", "-f", fence.file]);
      return { listing: await list(), isNew: true };
    },
  };
}

function nullIfGone(error: unknown): null {
  if (error instanceof ExecError && /No such file/.test(error.stderrTail)) return null;
  throw error;
}

function adding({ table }: FencePlace, elements: readonly string[]): string[] {
  return elements.map((it) => `add element ${table} ${it}`);
}

/** Adding it first makes removing it twice no error. */
function dropping({ table }: FencePlace, elements: readonly string[]): string[] {
  return elements.flatMap((it) => [`add element ${table} ${it}`, `delete element ${table} ${it}`]);
}

/** All of it holds, or nothing changes. */
async function nft(orders: readonly string[]): Promise<void> {
  await exec(["nft", "-f", "-"], { input: `${orders.join("\n")}\n` });
}
