import type { ExeclineWord } from "#lib/execline.ts";

/**
 * Lines of execline by which a program joins its cgroups before it becomes anything else; it ends
 * when it may not join one of them. The id is put into the inner block alone: what follows may hold
 * a user's own text, in which nothing must be replaced.
 * @see importas(1), cgroups(7)
 */
export function joinLines(files: readonly string[]): ExeclineWord[][] {
  if (files.length === 0) return [];
  const tell = ["importas", "id", "BERTH_PID", "heredoc", "0", { substituted: "${id}" }];
  const quietly = ["redirfd", "-w", "1", "/dev/null"];
  return [
    ["getpid", "BERTH_PID"],
    ["if", [...tell, ...quietly, "tee", "--", ...files]],
    ["unexport", "BERTH_PID"],
  ];
}
