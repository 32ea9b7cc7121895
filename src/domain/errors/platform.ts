export const platformErrors = {
  home_missing: {
    kind: "not_found",
    message: "There is no Berth in {home}.",
    hint: "Name its home with --home or BERTH_HOME",
  },
  home_taken: {
    kind: "conflict",
    message: "{home} holds a Berth already.",
    hint: "Restore into another place with --home, or move that one away first.",
  },
  home_unusable: {
    kind: "invalid",
    message: "Berth cannot have its home in {home}: {problem}.",
    hint: "Name a folder that can be written to, with --home or BERTH_HOME.",
  },
  home_unsafe: {
    kind: "denied",
    message:
      "Root cannot have its Berth in {home}: {folder} belongs to uid {uid}, who could put something else there.",
    hint: "Choose a place below root's own folders, such as /var/lib/berth, or give it to root: chown root {folder}. Whose it is may start a Berth there, too.",
  },
  home_closed: {
    kind: "denied",
    message: "Your account may not speak to the Berth in {home}.",
    hint: "Type the same with sudo, or as the user who started it; another Berth is named with --home or BERTH_HOME.",
  },
  ports_taken: {
    kind: "conflict",
    message: "Other programs listen on Berth's ports: {taken}.",
    hint: "Stop them (another Berth: berth down --home its home), or write into {file}, under listen: {free}",
  },
  not_running: {
    kind: "busy",
    message: "Berth is not running in {home}.",
    hint: "Start it with berth up --detach, or name another home with --home",
  },
  stopping: {
    kind: "busy",
    message: "Berth is being stopped.",
    hint: "Try again when it runs: berth up --detach",
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
} as const;
