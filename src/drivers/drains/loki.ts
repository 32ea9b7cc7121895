import { nanosecondsOf } from "./moments.ts";
import { postLines, webUrl, type Send } from "./send.ts";

const pushPath = "/loki/api/v1/push";

/** Grafana Loki's push API. @see https://grafana.com/docs/loki/latest/reference/loki-http-api/ */
export const sendLoki: Send = (guard, { url, ca, identity, lines }) => {
  const groups = Map.groupBy(lines, ({ origin, source }) => JSON.stringify({ origin, source }));
  const streams = [...groups].map(([labels, mine]) => ({
    stream: { app: identity.target, host: identity.host, ...(JSON.parse(labels) as object) },
    values: mine.map(({ at, text }) => [nanosecondsOf(at), text]),
  }));
  const to = webUrl(url);
  if (to.pathname === "/") to.pathname = pushPath;
  return postLines(
    guard,
    { url: to, ca },
    { type: "application/json", body: JSON.stringify({ streams }) },
  );
};
