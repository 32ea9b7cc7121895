import { RemoteError, type Client } from "#api/client.ts";
import { requestNewRepository, requestRepository } from "#api/push.ts";

/** The repository to push to; an app that is not there is made, if this may be done for whoever pushes. */
export async function openForPush(
  client: Client,
  params: { readonly app: string },
): ReturnType<typeof requestRepository> {
  try {
    return await requestRepository(client, { params });
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== "app_not_found") throw error;
    // Whatever keeps it from being made: what there is to say is that there is none.
    await requestNewRepository(client, { body: params }).catch(() => {
      throw error;
    });
    return requestRepository(client, { params });
  }
}
