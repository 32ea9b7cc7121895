/** What went wrong, in the one vocabulary that every door translates into its own (status, exit code, message). */
export type ErrorKind = "invalid" | "not_found" | "conflict" | "denied" | "busy" | "failed";

type ErrorSpec = { readonly kind: ErrorKind; readonly message: string; readonly hint: string };

/** Every expected failure. Codes are public: add, never rename. `{name}` is filled from the details. */
export const errorCatalog = {
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
  home_missing: {
    kind: "not_found",
    message: "There is no Berth in {home}.",
    hint: "Name its home with --home or BERTH_HOME",
  },
  home_unusable: {
    kind: "invalid",
    message: "Berth cannot have its home in {home}: {problem}.",
    hint: "Name a folder that can be written to, with --home or BERTH_HOME.",
  },
  app_not_found: {
    kind: "not_found",
    message: "No app is named {app}.",
    hint: "List the apps with berth apps, or make it with berth apps:create {app}",
  },
  branch_not_found: {
    kind: "not_found",
    message: "{app} has no branch {branch}. It deploys: {branches}.",
    hint: "Push to one of these, or add the branch to the app's configuration.",
  },
  release_not_found: {
    kind: "not_found",
    message: "{target} has no release v{release}.",
    hint: "List them with berth releases -a {target}",
  },
  process_type_not_found: {
    kind: "not_found",
    message: "{target} has no process type {processType}. It has: {processTypes}.",
    hint: "Process types come from the Procfile or the branch's runners.",
  },
  instance_not_found: {
    kind: "not_found",
    message: "{target} runs no instance {instance}.",
    hint: "List them with berth ps -a {target}",
  },
  domain_not_found: {
    kind: "not_found",
    message: "{target} has no domain {domain}.",
    hint: "List them with berth domains -a {target}",
  },
  key_not_found: {
    kind: "not_found",
    message: "No key is named {key}.",
    hint: "List them with berth keys",
  },
  drain_not_found: {
    kind: "not_found",
    message: "{target} has no drain {drain}.",
    hint: "List them with berth drains -a {target}",
  },
  notification_not_found: {
    kind: "not_found",
    message: "There is no notification {notification}{of}.",
    hint: "List them with berth notifications",
  },
  job_not_found: {
    kind: "not_found",
    message: "There is no job {job}.",
    hint: "List the newest with berth jobs",
  },
  user_not_found: {
    kind: "not_found",
    message: "Nobody is called {user}.",
    hint: "List the people with berth users",
  },
  team_not_found: {
    kind: "not_found",
    message: "No team is named {team}.",
    hint: "List the teams with berth teams",
  },
  token_not_found: {
    kind: "not_found",
    message: "No token is named {token}.",
    hint: "List them with berth tokens",
  },
  session_not_found: {
    kind: "not_found",
    message: "There is no session {session}.",
    hint: "List them with berth sessions",
  },
  no_access: {
    kind: "not_found",
    message: "{user} has no role of their own in {what}.",
    hint: "Who has one: berth teams:members TEAM, berth access -a APP",
  },
  command_not_found: {
    kind: "not_found",
    message: "{target} has no custom command {command}. It has: {commands}.",
    hint: "Custom commands stand under custom_cmds in the branch's configuration.",
  },
  config_var_not_found: {
    kind: "not_found",
    message: "{target} has no config var {name}.",
    hint: "List them with berth config -a {target}",
  },
  secret_hidden: {
    kind: "conflict",
    message: "{name} of {target} is a secret.",
    hint: "To show it, and to have that noted: berth config:get {name} --reveal -a {target}",
  },
  home_taken: {
    kind: "conflict",
    message: "{home} holds a Berth already.",
    hint: "Restore into another place with --home, or move that one away first.",
  },
  app_exists: {
    kind: "conflict",
    message: "An app named {app} exists already.",
    hint: "Choose another name, or see it with berth apps:info {app}",
  },
  domain_taken: {
    kind: "conflict",
    message: "{domain} already belongs to {owner}.",
    hint: "See all with berth domains. Take it away there first, or choose another name.",
  },
  key_exists: {
    kind: "conflict",
    message: "The key {key} is already there, as {name}.",
    hint: "List the keys with berth keys",
  },
  user_exists: {
    kind: "conflict",
    message: "There is a person with that {field} already: {value}.",
    hint: "List the people with berth users",
  },
  team_exists: {
    kind: "conflict",
    message: "A team named {team} exists already.",
    hint: "List the teams with berth teams",
  },
  team_in_use: {
    kind: "conflict",
    message: "The team {team} {problem}.",
    hint: "Hand its apps to another team first: berth apps:transfer APP TEAM",
  },
  token_exists: {
    kind: "conflict",
    message: "A token named {token} exists already.",
    hint: "Remove it first with berth tokens:remove {token}, or choose another name.",
  },
  last_superuser: {
    kind: "conflict",
    message: "{user} is the only superuser.",
    hint: "Make another one first: berth users:add NAME --superuser",
  },
  managed_by_file: {
    kind: "conflict",
    message: "{what} is managed by {file} and cannot be changed here.",
    hint: "Change that file in the home's config directory: it counts as soon as it is saved.",
  },
  never_deployed: {
    kind: "conflict",
    message: "{target} has no release yet.",
    hint: "Push it first: git push {remote}",
  },
  no_rollback_target: {
    kind: "conflict",
    message: "{target} has no older release that ran healthy.",
    hint: "List the releases with berth releases -a {target}",
  },
  artifact_pruned: {
    kind: "conflict",
    message: "The code of v{release} of {target} has been pruned.",
    hint: "Push commit {commit} again; keep_releases sets how many are kept.",
  },
  superseded: {
    kind: "conflict",
    message: "A newer push to {target} took the place of this one while it waited.",
    hint: "The newer commit is being deployed; if that fails, push again.",
  },
  branch_moved: {
    kind: "conflict",
    message: "{target} moved to {commit} while this push waited.",
    hint: "Run git pull, then push again.",
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
  branch_removed: {
    kind: "conflict",
    message: "{target} is being removed.",
    hint: "If it shall stay, name it in its configuration file again, wait a moment and push.",
  },
  aborted: {
    kind: "conflict",
    message: "{actor} aborted job {job}; what was live before stays live.",
    hint: "Begin it again when you want to.",
  },
  job_ended: {
    kind: "conflict",
    message: "Job {job} has ended already, as {status}.",
    hint: "See it with berth jobs:info {job}",
  },
  abort_too_late: {
    kind: "conflict",
    message: "Job {job} cannot be aborted any more: {problem}.",
    hint: "{fix}",
  },
  not_permitted: {
    kind: "denied",
    message: "{actor} may not do this.",
    hint: "On Berth's own machine everything is allowed; else ask whoever looks after it.",
  },
  needs_root: {
    kind: "denied",
    message: "Only root may do this.",
    hint: "Type: sudo {command}",
  },
  right_missing: {
    kind: "denied",
    message: "{actor} may not do this: it needs the right {right} for {what}.",
    hint: "Ask an admin of the team or a superuser: berth access:grant NAME ROLE, see berth whoami",
  },
  sign_in_needed: {
    kind: "denied",
    message: "Nobody is signed in here{problem}.",
    hint: "Sign in on the console, or send a token: Authorization: Bearer berth_…",
  },
  link_not_valid: {
    kind: "denied",
    message: "This sign-in link has been used or has run out.",
    hint: "Get a new one on the machine: berth sign-in NAME",
  },
  too_many_attempts: {
    kind: "busy",
    message: "Too many wrong attempts from {address}.",
    hint: "Wait {seconds} s, then try again.",
  },
  ports_used_up: {
    kind: "busy",
    message: "All ports from {min} to {max} are in use; {target} needs {needed} more.",
    hint: "Widen ports in berth.yml (a deploy holds old and new instances at once), or scale something down.",
  },
  stopping: {
    kind: "busy",
    message: "Berth is being stopped.",
    hint: "Try again when it runs: berth up --detach",
  },
  not_running: {
    kind: "busy",
    message: "Berth is not running in {home}.",
    hint: "Start it with berth up --detach, or name another home with --home",
  },
  build_failed: {
    kind: "failed",
    message: "{step} failed: {problem}.",
    hint: "Read the output above; what was live stays live.",
  },
  no_builder: {
    kind: "failed",
    message: "Nothing in {commit} says how to run it.",
    hint: "Add a Procfile (web: <command>), a package.json with a start script, or an index.html.",
  },
  tree_refused: {
    kind: "failed",
    message: "The pushed tree is refused: {problem}.",
    hint: "Take that path out of the commit and push again.",
  },
  unhealthy: {
    kind: "failed",
    message: "{instance} of {target} did not become healthy: {problem}",
    hint: "{fix}",
  },
  hook_failed: {
    kind: "failed",
    message: "The {hook} hook failed: {problem}.",
    hint: "Read its output above; the release before serves.",
  },
  run_failed: {
    kind: "failed",
    message: "The command failed: {problem}.",
    hint: "Run it again with berth run",
  },
  run_cut_off: {
    kind: "failed",
    message: "The command was ended: {problem}.",
    hint: "Run it again with berth run",
  },
  address_refused: {
    kind: "denied",
    message: "{problem}, which nothing is sent to.",
    hint: "Whoever looks after this Berth can allow it: internal_targets in berth.yml",
  },
  too_many_drains: {
    kind: "conflict",
    message: "{target} has {most} drains already.",
    hint: "Remove one first: berth drains -a {target}",
  },
  mail_not_set_up: {
    kind: "conflict",
    message: "Berth does not know yet how to send mail.",
    hint: "Set mail.host and mail.from in berth.yml in the home's config directory.",
  },
  notification_failed: {
    kind: "failed",
    message: "{address} did not take the message: {problem}.",
    hint: "Correct the receiver and try again with berth notifications:test {notification}",
  },
  instance_stuck: {
    kind: "failed",
    message: "{instance} outlived SIGKILL by {seconds} s.",
    hint: "Its process waits inside the kernel; look at the machine's disks and mounts.",
  },
  too_many_apps: {
    kind: "conflict",
    message: "The team {team} has {count} apps, and a team may have {most}.",
    hint: "Remove one with berth apps:destroy; or have team_apps_max raised in berth.yml",
  },
  too_many_instances: {
    kind: "conflict",
    message: "{app} would have {count} instances, and an app may have {most}.",
    hint: "Scale something down with berth ps:scale, or raise app_instances_max in berth.yml",
  },
  disk_low: {
    kind: "failed",
    message:
      "Only {free} of the disk under Berth's home are free, and builds leave {floor} to what runs.",
    hint: "Free some space, for example with berth apps:destroy or fewer keep_releases, or change disk_floor_mb in berth.yml; running apps go on serving.",
  },
  disk_full: {
    kind: "failed",
    message: "The disk under {path} is full.",
    hint: "Free some space; running apps go on serving.",
  },
  secret_key_missing: {
    kind: "failed",
    message: "{file} is not there, but the secrets in the database were encrypted with key {key}.",
    hint: "Put it back from where you keep its copy. Only if it is lost for good: touch {file}.lost",
  },
  secret_key_wrong: {
    kind: "failed",
    message: "{file} is not the key of this database: {problem}.",
    hint: "Put the right one there; if that is lost for good, move this file away: Berth says how to go on.",
  },
  secret_unreadable: {
    kind: "failed",
    message: "The secret {name} cannot be read: {problem}.",
    hint: "Set it again: berth config:set --secret {name}",
  },
  router_unreachable: {
    kind: "failed",
    message: "The router does not answer: {problem}.",
    hint: "It is restarted by itself; look at logs/nginx if this stays.",
  },
  helper_refused: {
    kind: "denied",
    message: "The privileged helper refuses {verb}: {problem}.",
    hint: "This should not happen; its log in logs/berth-root says who asked for what.",
  },
  helper_unreachable: {
    kind: "failed",
    message: "The privileged helper does not answer: {problem}.",
    hint: "It is restarted by itself: try again. If this stays, look at logs/berth-root.",
  },
  helper_lost: {
    kind: "failed",
    message: "The privileged helper was restarted while {what} ran, which ended it.",
    hint: "Do it again.",
  },
  users_used_up: {
    kind: "busy",
    message: "All {count} Linux users of this home belong to apps.",
    hint: "Destroy an app that is not needed, or set up another home.",
  },
  user_not_retired: {
    kind: "failed",
    message: "Something of the app's Linux user (uid {uid}) is left: {what}.",
    hint: "Remove it and restart Berth, which then finishes destroying the app.",
  },
  command_failed: {
    kind: "failed",
    message: "{command} failed: {problem}.",
    hint: "Check what Berth needs with berth doctor; its own logs are in logs of its home.",
  },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof errorCatalog;
export type ErrorDetails = Readonly<Record<string, string | number>>;

/** What is wrong with one field of what was asked. */
export type FieldProblem = { readonly field: string; readonly problem: string };

/** An expected failure: a code of the catalogue and the facts of this case. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** Each field that is not valid, of `invalid_input`. */
  readonly fields: readonly FieldProblem[];

  constructor(
    code: ErrorCode,
    details: ErrorDetails = {},
    { fields = [], ...options }: ErrorOptions & { readonly fields?: readonly FieldProblem[] } = {},
  ) {
    super(fill(errorCatalog[code].message, details), options);
    this.code = code;
    this.details = details;
    this.fields = fields;
  }

  get kind(): ErrorKind {
    return errorCatalog[this.code].kind;
  }

  get hint(): string {
    return fill(errorCatalog[this.code].hint, this.details);
  }
}

/** A full disk shows itself in many places, and is never a mistake of ours. */
export function withDiskFull(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "SQLITE_FULL") return error;
  return new PlatformError("disk_full", { path }, { cause: error });
}

/** What a door shows of an error: the code, the sentence, and what to do next. */
export type ErrorReport = {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
};

/** The report of any thrown value; what is not a `PlatformError` is a bug and shows nothing of itself. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof PlatformError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  return {
    code: "internal",
    message: "Berth made a mistake of its own.",
    hint: "The log of berthd says more: logs/berthd/current",
  };
}

function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(details[name] ?? `{${name}}`),
  );
}
