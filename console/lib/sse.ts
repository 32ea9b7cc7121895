/** One message of an event stream. */
export type StreamMessage = {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
};

/**
 * Takes an event stream apart as its pieces come in.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseParser(): (piece: string) => StreamMessage[] {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap(messageOf);
  };
}

function messageOf(block: string): StreamMessage[] {
  const fields = block.split("\n").flatMap((line) => {
    const [, name = "", value = ""] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    return name === "" ? [] : [{ name, value }];
  });
  const valuesOf = (name: string) => fields.filter((it) => it.name === name).map((it) => it.value);
  const data = valuesOf("data");
  if (data.length === 0) return [];
  return [
    {
      event: valuesOf("event").at(-1) ?? "message",
      data: data.join("\n"),
      id: valuesOf("id").at(-1) ?? null,
    },
  ];
}
