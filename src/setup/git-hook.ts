import { execlineTool, renderExecline } from "#lib/execline.ts";

/** Descriptors that `serveHook` (src/server/ssh/serve-hook.ts) gives git besides, and git its hook. */
const wires = { talk: "3", say: "4" } as const;

/**
 * git's hook only passes on: what git says and is answered over one wire, what people are to read
 * over the other. Who knows the answers started git, and need not be started once more.
 * @see githooks(5), proc-receive; s6-ioconnect
 */
export function renderHook(): string {
  const { talk, say } = wires;
  const move = execlineTool("fdmove");
  // At the end of one direction it may warn of the other, which is no matter to who pushes.
  const unheard = [execlineTool("redirfd"), "-w", "2", "/dev/null"];
  const words = [...unheard, "s6-ioconnect", "-r", talk, "-w", talk];
  const shown = [move, "1", "2", move, "0", say, "cat"];
  return renderExecline([[execlineTool("background"), shown], words], { args: "-P" });
}
