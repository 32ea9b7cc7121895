import { z } from "zod";
import { list } from "./list.ts";
import { UserName } from "#domain/user.ts";
import { operation } from "./operation.ts";
import { KeyView } from "./views.ts";

const KeyName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9@._-]{0,99}$/,
    "use letters, digits and @ . _ -, starting with a letter or a digit",
  )
  .describe("Name of a key; events say it of whoever used it.");

export const listKeys = list({
  id: "keys.list",
  path: "/keys",
  summary: "Lists your public keys for pushes and commands; all of them for superusers.",
  item: KeyView,
  errors: [],
  needs: "own:read",
});

export const addKey = operation({
  id: "keys.add",
  method: "POST",
  path: "/keys",
  summary: "Lets a public key push and run commands.",
  body: z.strictObject({
    name: KeyName,
    key: z.string().min(1).max(20_000).describe("Text of a .pub file."),
    user: UserName.optional().describe(
      "Whose it is, for superusers; on the machine itself the installation's own by default.",
    ),
  }),
  result: KeyView,
  errors: ["key_exists", "user_not_found"],
  needs: "own:change",
});

export const removeKey = operation({
  id: "keys.remove",
  method: "DELETE",
  path: "/keys/:name",
  summary: "Shuts a public key out.",
  // Wider than what may be added: a file may have named its key otherwise.
  params: z.strictObject({ name: z.string().min(1).max(200) }),
  result: z.object({ removed: z.string() }),
  errors: ["key_not_found", "managed_by_file"],
  needs: "own:change",
});

export const rebuildKeys = operation({
  id: "keys.rebuild",
  method: "POST",
  path: "/keys/rebuild",
  summary: "Reads the key folders again and writes the file that sshd reads.",
  result: z.object({ keys: z.int().describe("How many are in force.") }),
  errors: [],
  needs: "installation:admin",
});
