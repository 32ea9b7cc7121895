import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordProblem } from "./password.ts";

test("a long password of unrelated words is good, whatever characters it has", () => {
  for (const password of [
    "tin boat under lamp",
    "gravel-violin-sunday",
    "Ärger mit dem Ofen",
    "8fK2-vPq9-Zm4t",
  ]) {
    assert.equal(passwordProblem(password, ["ann"]), null, password);
  }
});

test("what is short, monotonous or guessed first is refused with what to do", () => {
  const bad: Record<string, RegExp> = {
    "tin boat": /12 characters/,
    aaaaaaaaaaaaaaaa: /different/,
    "123456789012": /guessed/,
    password1234: /guessed/,
    "Qwertyuiop!2024": /guessed/,
    "P4ssword-P4ssword": /guessed/,
    abcdefghijklmnop: /guessed/,
    "annannann2024!": /guessed/,
    correcthorsebatterystaple: /guessed/,
    adminadmin123: /guessed/,
  };
  for (const [password, problem] of Object.entries(bad)) {
    assert.match(passwordProblem(password, ["ann"]) ?? "", problem, password);
  }
});
