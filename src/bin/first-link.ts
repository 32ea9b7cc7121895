import type { Client } from "#api/client.ts";
import { addUser, createLink, listUsers } from "#api/users.ts";

const firstUser = "admin";

/**
 * A one-time sign-in link for the first superuser, who is made when there is nobody yet. Null once
 * somebody can sign in without one.
 */
export async function firstLink(client: Client): Promise<string | null> {
  const { items: users } = await client(listUsers, {});
  if (users.length === 0) {
    const made = await client(addUser, { body: { name: firstUser, superuser: true } });
    return made.link.url;
  }
  if (users.some(({ password, passkeys, signOn }) => password || passkeys > 0 || signOn))
    return null;
  const superuser = users.find((user) => user.superuser);
  if (!superuser) return null;
  return (await client(createLink, { params: { user: superuser.name } })).url;
}
