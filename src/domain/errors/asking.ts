export const askingErrors = {
  invalid_input: {
    kind: "invalid",
    message: "{field} is not valid: {problem}.",
    hint: "Run the command with --help to see what it takes.",
  },
  usage_invalid: {
    kind: "invalid",
    message: "{command} was not understood: {problem}.",
    hint: "Type berth {usage}; berth help {command} says more.",
  },
  unknown_command: {
    kind: "invalid",
    message: "{command} is not a command{suggestion}.",
    hint: "Run berth help to see all commands.",
  },
  limit_invalid: {
    kind: "invalid",
    message: "{limit} is not a limit: {problem}.",
    hint: "Write for example: berth limits:set memory=512M cpu=1 pids=200",
  },
  procfile_invalid: {
    kind: "invalid",
    message: "{file}:{line}: {problem}",
    hint: "Write one process type a line, for example web: node server.js",
  },
  confirmation_needed: {
    kind: "invalid",
    message: "Destroying {app} deletes its code, releases and configuration for good.",
    hint: "Type: berth apps:destroy {app} --confirm {app}",
  },
  uninstall_needs_confirmation: {
    kind: "invalid",
    message: "Uninstalling stops every app and deletes {home} with all code, data and logs in it.",
    hint: "Type: berth uninstall --confirm   (with --keep-home what is in {home} stays)",
  },
  key_reused: {
    kind: "conflict",
    message: "The Idempotency-Key {key} was used for another request.",
    hint: "Choose a new key for each request; use one again only to repeat the same request.",
  },
  key_in_doubt: {
    kind: "conflict",
    message: "The request with the Idempotency-Key {key} was cut off by a restart of Berth.",
    hint: "See whether it was done (jobs, events); if not, send it again with another key.",
  },
  answer_shown_once: {
    kind: "conflict",
    message: "The request with the Idempotency-Key {key} was done; its answer is shown once only.",
    hint: "What it made can be removed and made again, with another key.",
  },
} as const;
