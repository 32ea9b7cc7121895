export const appErrors = {
  app_not_found: {
    kind: "not_found",
    message: "No app is named {app}.",
    hint: "List the apps with berth apps, or make it with berth apps:create {app}",
  },
  app_exists: {
    kind: "conflict",
    message: "An app named {app} exists already.",
    hint: "Choose another name, or see it with berth apps:info {app}",
  },
  too_many_apps: {
    kind: "conflict",
    message: "The team {team} has {count} apps, and a team may have {most}.",
    hint: "Remove one with berth apps:destroy; or have team_apps_max raised in berth.yml",
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
  branch_moved: {
    kind: "conflict",
    message: "{target} moved to {commit} while this push waited.",
    hint: "Run git pull, then push again.",
  },
  branch_removed: {
    kind: "conflict",
    message: "{target} is being removed.",
    hint: "If it shall stay, name it in its configuration file again, wait a moment and push.",
  },
  superseded: {
    kind: "conflict",
    message: "A newer push to {target} took the place of this one while it waited.",
    hint: "The newer commit is being deployed; if that fails, push again.",
  },
  managed_by_file: {
    kind: "conflict",
    message: "{what} is managed by {file} and cannot be changed here.",
    hint: "Change that file in the home's config directory: it counts as soon as it is saved.",
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
  domain_not_found: {
    kind: "not_found",
    message: "{target} has no domain {domain}.",
    hint: "List them with berth domains -a {target}",
  },
  domain_taken: {
    kind: "conflict",
    message: "{domain} already belongs to {owner}.",
    hint: "See all with berth domains. Take it away there first, or choose another name.",
  },
  command_not_found: {
    kind: "not_found",
    message: "{target} has no custom command {command}. It has: {commands}.",
    hint: "Custom commands stand under custom_cmds in the branch's configuration.",
  },
  process_type_not_found: {
    kind: "not_found",
    message: "{target} has no process type {processType}. It has: {processTypes}.",
    hint: "Process types come from the Procfile or the branch's runners.",
  },
} as const;
