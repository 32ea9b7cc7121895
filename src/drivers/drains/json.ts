import { isoOf } from "./moments.ts";
import { postLines, type Send } from "./send.ts";

/** A line of JSON for each line, many in one request. */
export const sendJson: Send = (guard, { url, ca, identity, lines }) => {
  const body = lines
    .map(({ at, origin, source, text }) => {
      const { target, host } = identity;
      return `${JSON.stringify({ at: isoOf(at), host, app: target, origin, source, text })}\n`;
    })
    .join("");
  return postLines(guard, { url, ca }, { type: "application/x-ndjson", body });
};
