import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { createApp } from "./apps.ts";
import { createDeploy } from "./deploys.ts";
import { addDomain } from "./domains.ts";
import { addKey } from "./keys.ts";
import { addTeam } from "./teams.ts";
import { addToken } from "./tokens.ts";
import { addUser } from "./users.ts";

const hostile = ["<img src=x>", "\u202eevil", "a\u200bb", "a\u0000b", "a\u001b[31m", "a\nb", "a b"];

/** Bodies with a name that must be narrow, as every door shows it beside other words. */
const named: Readonly<Record<string, (name: string) => z.ZodSafeParseResult<unknown>>> = {
  app: (name) => createApp.body.safeParse({ name }),
  team: (name) => addTeam.body.safeParse({ name }),
  user: (name) => addUser.body.safeParse({ name }),
  token: (name) => addToken.body.safeParse({ name }),
  key: (name) => addKey.body.safeParse({ name, key: "ssh-ed25519 AAAA" }),
  branch: (name) =>
    createDeploy.body.safeParse({ branch: name, from: null, commit: "a".repeat(40) }),
  domain: (name) => addDomain.body.safeParse({ domain: `${name}.example.com` }),
};

test("names that people choose hold nothing that hides, turns or marks up the words around them", () => {
  for (const [kind, parse] of Object.entries(named)) {
    assert.ok(parse("shop").success, `${kind}: a plain name`);
    for (const name of hostile) assert.ok(!parse(name).success, `${kind}: ${JSON.stringify(name)}`);
  }
});
