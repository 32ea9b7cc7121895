import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "./commands.ts";
import { nearestCommand } from "./nearest-command.ts";

const names = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
const nearest = (name: string) => nearestCommand(name, names);

test("what makes something is answered with what makes it, whatever the word", () => {
  for (const topic of ["tokens", "drains", "domains", "keys", "users", "teams", "notifications"]) {
    for (const verb of ["create", "new", "make"])
      assert.equal(nearest(`${topic}:${verb}`), `${topic}:add`);
    for (const verb of ["delete", "rm", "destroy"])
      assert.equal(nearest(`${topic}:${verb}`), `${topic}:remove`);
  }
  assert.equal(nearest("apps:add"), "apps:create");
  assert.equal(nearest("apps:rm"), "apps:destroy");
  assert.equal(nearest("config:add"), "config:set");
  assert.equal(nearest("config:delete"), "config:unset");
  assert.equal(nearest("access:remove"), "access:revoke");
  assert.equal(nearest("users:edit"), "users:change");
});

test("a topic alone lists and shows, where it has no word for that", () => {
  assert.equal(nearest("drains:ls"), "drains");
  assert.equal(nearest("limits:show"), "limits");
  assert.equal(nearest("releases:show"), "releases:info");
  assert.equal(nearest("ls"), "list");
  assert.equal(nearest("network"), "network:open or network:close");
});

test("a slip of the finger finds its topic and its verb", () => {
  assert.equal(nearest("relaeses"), "releases");
  assert.equal(nearest("tokns:add"), "tokens:add");
  assert.equal(nearest("app:delete"), "apps:destroy");
  assert.equal(nearest("domains:remvoe"), "domains:remove");
  assert.equal(nearest("stop"), "ps:stop");
});

test("what is near nothing is answered with nothing", () => {
  for (const name of ["tokens:frobnicate", "git:push", "frobnicate", ":", "ps:add", ""])
    assert.equal(nearest(name), null, name);
});
