import assert from "node:assert/strict";
import { test } from "node:test";
import { renderEnd } from "./instance-end.ts";

test("an instance's end is told as what it was, and one without memory not as a signal", () => {
  const said = (lastExit: Parameters<typeof renderEnd>[0]["lastExit"]) =>
    renderEnd({ name: "web.1", lastExit });
  assert.equal(said(null), "web.1 keeps ending.");
  assert.equal(said({ code: 3, signal: null }), "web.1 ended with code 3.");
  assert.equal(said({ code: null, signal: "SIGSEGV" }), "web.1 was ended by SIGSEGV.");
  const outOfMemory = { code: null, signal: "SIGKILL", outOfMemory: true };
  assert.equal(said(outOfMemory), "web.1 ran out of memory.");
});
