import { nanosecondsOf } from "./moments.ts";
import { postLines, webUrl, type Send } from "./send.ts";

const pushPath = "/loki/api/v1/push";

/** Grafana Loki's push API. @see https://grafana.com/docs/loki/latest/reference/loki-http-api/ */
export const sendLoki: Send = (guard, { url, ca, identity, lines }) => {
  const streams = [...Map.groupBy(lines, ({ origin, source }) => `${origin} ${source}`)].map(
    ([key, mine]) => {
      const [origin = "", source = ""] = key.split(" ");
      return {
        stream: { app: identity.target, host: identity.host, origin, source },
        values: mine.map(({ at, text }) => [nanosecondsOf(at), text]),
      };
    },
  );
  const to = webUrl(url);
  if (to.pathname === "/") to.pathname = pushPath;
  return postLines(
    guard,
    { url: to, ca },
    { type: "application/json", body: JSON.stringify({ streams }) },
  );
};
