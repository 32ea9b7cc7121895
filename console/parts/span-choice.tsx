import { useAddressValue } from "../data/location.ts";
import { isSpan, spans, type Span } from "../data/use-metrics.ts";
import { Choice } from "./field.tsx";

/** How far back plots go; part of the address. */
export function SpanChoice() {
  const [chosen, choose] = useAddressValue("span");
  return (
    <Choice
      label="Show"
      isLabelHidden
      value={isSpan(chosen) ? chosen : "1h"}
      choices={(Object.keys(spans) as Span[]).map((span) => [span, spans[span].name])}
      onChoose={choose}
    />
  );
}
