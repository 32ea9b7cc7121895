export const workErrors = {
  job_not_found: {
    kind: "not_found",
    message: "There is no job {job}.",
    hint: "List the newest with berth jobs",
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
  aborted: {
    kind: "conflict",
    message: "{actor} aborted job {job}; what was live before stays live.",
    hint: "Begin it again when you want to.",
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
  unhealthy: {
    kind: "failed",
    message: "{instance} of {target} did not become healthy: {problem}",
    hint: "{fix}",
  },
  too_many_runs: {
    kind: "conflict",
    message: "{app} runs {count} one-off commands, and an app may run {most} at once.",
    hint: "List them with berth jobs --kind run --status running -a {app}, end one with berth jobs:abort, or raise app_runs_max in berth.yml",
  },
  too_many_jobs: {
    kind: "busy",
    message: "{count} jobs of {target} wait or run, as many as may at once.",
    hint: "Wait for some of them, or end them with berth jobs:abort",
  },
  instance_not_found: {
    kind: "not_found",
    message: "{target} runs no instance {instance}.",
    hint: "List them with berth ps -a {target}",
  },
  nothing_runs: {
    kind: "conflict",
    message: "{target} {problem}.",
    hint: "{fix}",
  },
  instance_stuck: {
    kind: "failed",
    message: "{instance} outlived SIGKILL by {seconds} s.",
    hint: "Its process waits inside the kernel; look at the machine's disks and mounts.",
  },
  ports_used_up: {
    kind: "busy",
    message: "All ports from {min} to {max} are in use; {target} needs {needed} more.",
    hint: "Widen ports in berth.yml (a deploy holds old and new instances at once), or scale something down.",
  },
  too_many_instances: {
    kind: "conflict",
    message: "{app} would have {count} instances, and an app may have {most}.",
    hint: "Scale something down with berth ps:scale, or raise app_instances_max in berth.yml",
  },
} as const;
