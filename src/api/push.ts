import type { Client } from "./client.ts";
import type { createDeploy, createRepository, openRepository, readRepository } from "./deploys.ts";
import type { InputOf, ResultOf } from "./operation.ts";
import { pushRoutes } from "./push-routes.ts";

/** The operation `repositories.open`, for programs that must be quick to start. */
export function requestRepository(
  client: Client,
  input: InputOf<typeof openRepository>,
): Promise<ResultOf<typeof openRepository>> {
  // The declaration is made of this very route; a client reads nothing else of it.
  return client(pushRoutes.openRepository as unknown as typeof openRepository, input);
}

/** The operation `repositories.create`, for programs that must be quick to start. */
export function requestNewRepository(
  client: Client,
  input: InputOf<typeof createRepository>,
): Promise<ResultOf<typeof createRepository>> {
  // As above.
  return client(pushRoutes.createRepository as unknown as typeof createRepository, input);
}

/** The operation `repositories.read`, for programs that must be quick to start. */
export function requestClone(
  client: Client,
  input: InputOf<typeof readRepository>,
): Promise<ResultOf<typeof readRepository>> {
  // As above.
  return client(pushRoutes.readRepository as unknown as typeof readRepository, input);
}

/** The operation `deploys.create`, for programs that must be quick to start. */
export function requestDeploy(
  client: Client,
  input: InputOf<typeof createDeploy>,
): Promise<ResultOf<typeof createDeploy>> {
  // As above.
  return client(pushRoutes.createDeploy as unknown as typeof createDeploy, input);
}
