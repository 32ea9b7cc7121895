import assert from "node:assert/strict";
import { test } from "node:test";
import { authorize, type Need } from "./authorize.ts";
import { fullAccess, narrowed, noAccess, rightsOn, type Access, type Caller } from "./caller.ts";
import { rightsOf } from "./rights.ts";

const shop = { id: 1, teamId: 10 };
const blog = { id: 2, teamId: 20 };

const callerWith = (access: Partial<Access>, kind: Caller["kind"] = "user"): Caller => ({
  kind,
  actor: "ann",
  userId: "u1",
  sessionId: null,
  door: "api",
  address: null,
  access: { ...noAccess, ...access },
});
const inTeam = (role: string) => callerWith({ teams: new Map([[shop.teamId, rightsOf(role)]]) });

test("a role is a set of rights, which can be added to and taken from", () => {
  assert.deepEqual([...rightsOf("viewer")], ["read"]);
  assert.ok(rightsOf("deployer").has("deploy") && !rightsOf("deployer").has("reveal"));
  assert.ok(rightsOf("deployer+reveal").has("reveal"));
  assert.ok(!rightsOf("deployer-release").has("release"));
  assert.deepEqual([...rightsOf("viewer-read+run")].toSorted(), ["read", "run"]);
});

test("what is no role gives no right", () => {
  for (const text of ["", "root", "admin+everything", "viewer ", "toString", "__proto__"]) {
    assert.equal(rightsOf(text).size, 0, text);
  }
});

test("a team's role counts for its apps, and for no other team's", () => {
  const ann = inTeam("deployer");
  assert.equal(authorize(ann, "app:deploy", { app: shop }), "allowed");
  assert.equal(authorize(ann, "app:reveal", { app: shop }), "denied");
  assert.equal(authorize(ann, "app:read", { app: blog }), "unknown");
});

test("another team's app is answered as one that is not there", () => {
  for (const need of ["app:read", "app:deploy", "app:admin"] as const) {
    const others = authorize(inTeam("admin"), need, { app: blog });
    assert.equal(others, authorize(inTeam("admin"), need, { app: null }));
  }
});

test("what is granted for one app adds to what the team gives", () => {
  const rights = new Map([[blog.id, { ...blog, rights: rightsOf("viewer+release") }]]);
  const ann = { ...inTeam("viewer"), access: { ...inTeam("viewer").access, apps: rights } };
  assert.equal(authorize(ann, "app:release", { app: blog }), "allowed");
  assert.equal(authorize(ann, "app:release", { app: shop }), "denied");
  assert.equal(authorize(ann, "app:deploy", { app: blog }), "denied");
});

test("all apps at once, and the installation, are for those who may everywhere", () => {
  const boss = callerWith(fullAccess);
  for (const need of ["app:deploy", "installation:admin", "team:admin"] as const) {
    assert.equal(authorize(boss, need, {}), "allowed");
    assert.equal(authorize(inTeam("admin"), need, {}), "denied");
  }
});

test("a list is open to everybody, and to nobody for an app that they may not see", () => {
  assert.equal(authorize(callerWith({}), "apps:read", {}), "allowed");
  assert.equal(authorize(callerWith({}), "apps:read", { app: shop }), "unknown");
});

test("a right to an app is one to all apps of a team where a team is named instead", () => {
  const reach = { team: shop.teamId };
  assert.equal(authorize(inTeam("deployer"), "app:configure", reach), "allowed");
  assert.equal(authorize(inTeam("viewer"), "app:configure", reach), "denied");
  assert.equal(authorize(inTeam("admin"), "app:configure", { team: blog.teamId }), "unknown");
  const ofShop = new Map([[shop.id, { ...shop, rights: rightsOf("admin") }]]);
  const onlyShop = callerWith({ ...noAccess, apps: ofShop });
  assert.equal(authorize(onlyShop, "app:configure", reach), "unknown");
});

test("an unknown need is denied, even to a superuser", () => {
  assert.equal(authorize(callerWith(fullAccess), "everything:read" as Need, {}), "denied");
  assert.equal(authorize(callerWith(fullAccess), "app:everything" as Need, {}), "denied");
});

test("a token changes nothing about its owner", () => {
  const token = callerWith(fullAccess, "token");
  assert.equal(authorize(token, "own:read", {}), "allowed");
  assert.equal(authorize(token, "own:change", {}), "denied");
});

test("a token never has more than its owner, whatever it is for", () => {
  const owner = inTeam("deployer").access;
  const forShop = narrowed(owner, { role: "admin", teamId: null, app: shop });
  assert.deepEqual([...rightsOn(forShop, shop)].toSorted(), [...rightsOf("deployer")].toSorted());
  const forBlog = narrowed(owner, { role: "admin", teamId: null, app: blog });
  assert.equal(rightsOn(forBlog, blog).size, 0);
  const nothingLeft = narrowed(noAccess, { role: "admin", teamId: shop.teamId, app: null });
  assert.equal(rightsOn(nothingLeft, shop).size, 0);
});

test("a superuser's token stays within its scope", () => {
  const forTeam = narrowed(fullAccess, { role: "admin", teamId: shop.teamId, app: null });
  assert.ok(rightsOn(forTeam, shop).has("admin"));
  assert.equal(rightsOn(forTeam, blog).size, 0);
  assert.equal(forTeam.everywhere.size, 0);
  const reading = narrowed(fullAccess, { role: "viewer", teamId: null, app: null });
  assert.deepEqual([...reading.everywhere], ["read"]);
});
