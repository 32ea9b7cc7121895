import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend, HostRoute, Router, Upstream } from "#domain/router.ts";

export type RouterWorld = AsyncDisposable & {
  readonly router: Router;
  /** Addresses of two running peers. */
  readonly peers: readonly [string, string];
  /** `<peer> <path that it saw>`, or the status of a refusal. Waits as a visitor would. */
  readonly ask: (host: string, path: string) => Promise<string>;
};

/** A host whose locations lead to process types, written `backend/type`. */
export function host(
  locations: Readonly<Record<string, string>>,
  maintenance: string | null = null,
): HostRoute {
  return {
    tls: null,
    locations: Object.entries(locations).map(([path, upstream]) => ({
      path,
      upstream: upstreamOf(upstream),
      maintenance: maintenance === null ? null : upstreamOf(maintenance),
    })),
  };
}

/** A backend with process type `web`. */
export function backend(peers: readonly string[], overrides: Partial<Backend> = {}): Backend {
  const web = { kind: "proxy", peers, stripPrefix: false } as const;
  return { mode: "serving", heldUntilMs: null, processTypes: { web }, ...overrides };
}

/** What every router promises, tried on one table after the other. */
export function routerContract(name: string, create: () => Promise<RouterWorld>): void {
  const check = (sentence: string, body: (world: RouterWorld) => Promise<void>) =>
    test(`${name}: ${sentence}`, async () => {
      await using world = await create();
      await body(world);
    });
  hostContract(check);
  changeContract(check);
  modeContract(check);
}

type Check = (sentence: string, body: (world: RouterWorld) => Promise<void>) => unknown;

function hostContract(check: Check): void {
  check("an exact host goes before wildcards, a longer one before a shorter", async (world) => {
    const [one, two] = world.peers;
    await world.router.replace({
      hosts: {
        "a.b.test": host({ "/": "1/web" }),
        "*.b.test": host({ "/": "2/web" }),
        "*.test": host({ "/": "3/web" }),
      },
      backends: { 1: backend([one]), 2: backend([two]), 3: backend([]) },
    });
    assert.equal(await world.ask("a.b.test", "/"), `${one} /`);
    assert.equal(await world.ask("x.y.b.test", "/"), `${two} /`);
    assert.equal(await world.ask("b.test", "/"), "503");
    assert.equal(await world.ask("test", "/"), "404");
  });

  check("letter case, port and trailing dot of the host do not matter", async (world) => {
    const [one] = world.peers;
    await world.router.replace({
      hosts: { "a.test": host({ "/": "1/web" }) },
      backends: { 1: backend([one]) },
    });
    for (const name of ["A.Test", "a.test:8080", "a.test.", "a.test.:80"]) {
      assert.equal(await world.ask(name, "/"), `${one} /`);
    }
  });

  check("the longest location wins, and only whole segments match", async (world) => {
    const [one, two] = world.peers;
    const strips = { kind: "proxy", peers: [two], stripPrefix: true } as const;
    await world.router.replace({
      hosts: { "a.test": host({ "/": "1/web", "/in": "1/web", "/in/deep/": "2/web" }) },
      backends: { 1: backend([one]), 2: backend([], { processTypes: { web: strips } }) },
    });
    assert.equal(await world.ask("a.test", "/in/deeper"), `${one} /in/deeper`);
    assert.equal(await world.ask("a.test", "/in/deep"), `${two} /`);
    assert.equal(await world.ask("a.test", "/in/deep/x/y"), `${two} /x/y`);
    assert.equal(await world.ask("a.test", "/inner"), `${one} /inner`);
  });

  check("a path that no location has is not found", async (world) => {
    await world.router.replace({
      hosts: { "a.test": host({ "/in": "1/web" }) },
      backends: { 1: backend([world.peers[0]]) },
    });
    assert.equal(await world.ask("a.test", "/out"), "404");
  });
}

function changeContract(check: Check): void {
  check("a change of a backend moves every host that names it", async ({ router, peers, ask }) => {
    const [one, two] = peers;
    const hosts = { "a.test": host({ "/": "1/web" }), "b.test": host({ "/": "1/web" }) };
    await router.replace({ hosts, backends: { 1: backend([one]) } });
    await router.change({ hosts: {}, backends: { 1: backend([two]) } });
    assert.equal(await ask("a.test", "/"), `${two} /`);
    assert.equal(await ask("b.test", "/"), `${two} /`);
  });

  check("a change may come twice, and null removes", async ({ router, peers, ask }) => {
    const [one] = peers;
    const hosts = { "a.test": host({ "/": "1/web" }), "b.test": host({ "/": "1/web" }) };
    await router.replace({ hosts, backends: { 1: backend([one]) } });
    for (let times = 0; times < 2; times += 1) {
      await router.change({ hosts: { "a.test": null }, backends: {} });
      assert.equal(await ask("a.test", "/"), "404");
      assert.equal(await ask("b.test", "/"), `${one} /`);
    }
  });

  check("a replaced table keeps nothing of the old one", async ({ router, peers, ask }) => {
    const [one, two] = peers;
    await router.replace({
      hosts: { "a.test": host({ "/": "1/web" }) },
      backends: { 1: backend([one]) },
    });
    await router.replace({
      hosts: { "b.test": host({ "/": "2/web", "/old": "1/web" }) },
      backends: { 2: backend([two]) },
    });
    assert.equal(await ask("a.test", "/"), "404");
    assert.equal(await ask("b.test", "/"), `${two} /`);
    assert.equal(await ask("b.test", "/old"), "503");
  });
}

function modeContract(check: Check): void {
  check("nothing running, stopped and never deployed are unavailable", async (world) => {
    await world.router.replace({
      hosts: {
        "none.test": host({ "/": "1/web" }),
        "stopped.test": host({ "/": "2/web" }),
        "new.test": host({ "/": "3/web" }),
      },
      backends: { 1: backend([]), 2: backend([world.peers[0]], { mode: "stopped" }) },
    });
    assert.equal(await world.ask("none.test", "/"), "503");
    assert.equal(await world.ask("stopped.test", "/"), "503");
    assert.equal(await world.ask("new.test", "/"), "503");
  });

  check(
    "the maintenance upstream answers for what is not there",
    async ({ router, peers, ask }) => {
      const [one, two] = peers;
      await router.replace({
        hosts: {
          "new.test": host({ "/": "9/web" }, "1/web"),
          "held.test": host({ "/": "2/web" }, "1/web"),
          "both.test": host({ "/": "9/web" }, "2/web"),
        },
        backends: { 1: backend([one]), 2: backend([two], { mode: "held", heldUntilMs: 1 }) },
      });
      assert.equal(await ask("new.test", "/"), `${one} /`);
      assert.equal(await ask("held.test", "/"), `${one} /`);
      assert.equal(await ask("both.test", "/"), "503");
    },
  );

  check("held requests wait, and go on with the new table", async ({ router, peers, ask }) => {
    const [one, two] = peers;
    const held = backend([one], { mode: "held", heldUntilMs: Date.now() + 5_000 });
    await router.replace({ hosts: { "a.test": host({ "/": "1/web" }) }, backends: { 1: held } });
    const answers = Array.from({ length: 20 }, () => ask("a.test", "/"));
    assert.equal(await Promise.race([...answers, passed(150)]), "waiting");
    await router.change({ hosts: {}, backends: { 1: backend([two]) } });
    assert.deepEqual(new Set(await Promise.all(answers)), new Set([`${two} /`]));
  });

  check("a peer without requests is drained at once", async ({ router, peers }) => {
    await router.replace({ hosts: {}, backends: {} });
    assert.equal(await router.drain(peers[0], 5_000), 0);
  });
}

async function passed(ms: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "waiting";
}

function upstreamOf(text: string): Upstream {
  const [backendKey = "", processType = ""] = text.split("/");
  return { backend: backendKey, processType };
}
