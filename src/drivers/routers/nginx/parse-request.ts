import type { RequestLine } from "#domain/request-log.ts";

const fieldsMin = 10;

/** One line of the request log, as `render.ts` defines it; null for what is none. */
export function parseRequest(line: string): RequestLine | null {
  const fields = line.split("\t");
  const [seconds, id, method, host, target, status, bytes, duration] = fields;
  // An nginx that an older Berth started writes one more before the last two.
  const [upstreams, client] = fields.slice(-2);
  if (fields.length < fieldsMin || !id) return null;
  return {
    atMs: Math.round(Number(seconds) * 1000),
    id,
    method: unescaped(method),
    host: hostOf(unescaped(host)),
    path: unescaped(target?.split("?", 1)[0]),
    status: Number(status),
    bytes: Number(bytes),
    durationMs: Math.round(Number(duration) * 1000),
    peer: lastOf(upstreams ?? ""),
    client: client ?? "",
  };
}

/** Undoes nginx's `escape=json`; nearly no field has anything to undo. */
function unescaped(text = ""): string {
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

function hostOf(header: string): string {
  return header.replace(/:\d*$/, "").toLowerCase();
}

/** Several stand there when the request was tried at several instances: the last one answered. */
function lastOf(upstreams: string): string | null {
  const last = upstreams.slice(upstreams.lastIndexOf(" ") + 1);
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(last) ? last : null;
}
