import assert from "node:assert/strict";
import { test } from "node:test";
import { hostileTexts } from "../../../test/hostile-text.ts";
import { renderPrometheus } from "./prometheus.ts";

test("a family has its help, its type and its samples, and labels are escaped", () => {
  const text = renderPrometheus([
    {
      name: "berth_requests_total",
      type: "counter",
      help: "One\nline \\ of help.",
      samples: [
        { labels: { app: 'a"\\\nb', status: "2xx" }, value: 3 },
        { suffix: "_bucket", labels: { le: "+Inf" }, value: 0.25 },
        { labels: {}, value: 1 },
      ],
    },
  ]);
  assert.equal(
    text,
    String.raw`# HELP berth_requests_total One\nline \\ of help.
# TYPE berth_requests_total counter
berth_requests_total{app="a\"\\\nb",status="2xx"} 3
berth_requests_total_bucket{le="+Inf"} 0.25
berth_requests_total 1
`,
  );
});

test("whatever a label says, a sample stays one line", () => {
  const samples = hostileTexts.map((app) => ({ labels: { app }, value: 1 }));
  const text = renderPrometheus([{ name: "berth_up", type: "gauge", help: "Up.", samples }]);
  const lines = text.trimEnd().split("\n").slice(2);
  assert.equal(lines.length, hostileTexts.length);
  for (const line of lines) assert.match(line, /^berth_up\{app="(?:[^"\\\n]|\\["\\n])*"\} 1$/);
});
