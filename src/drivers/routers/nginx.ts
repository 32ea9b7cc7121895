import { PlatformError } from "#domain/errors.ts";
import type { Router, RoutingChange, RoutingTable } from "#domain/router.ts";
import { askControl, ControlRefused, type ControlRequest } from "./nginx/control-client.ts";
import { openSnapshot, type Snapshot } from "./nginx/snapshot.ts";

export type NginxRouter = Router &
  AsyncDisposable & {
    /** @throws {PlatformError} `router_unreachable` when nginx does not answer. */
    readonly check: () => Promise<void>;
  };

export type NginxRouterOptions = {
  /** nginx's control socket. */
  readonly socketPath: string;
  /** The table on disk, which nginx reads when it starts; this process alone writes it. */
  readonly snapshotPath: string;
};

const answerMs = 10_000;
const retryMs = 500;

/**
 * The router that nginx is. A change is on disk before nginx hears of it; when nginx cannot be
 * reached, it gets the whole table as soon as it can be, so both always come to the same.
 * @throws {PlatformError} from its verbs: `disk_full` when a change could not be kept, and
 *   `router_unreachable` when nginx refuses it, or is asked something while it is away.
 */
export function createNginxRouter(options: NginxRouterOptions): NginxRouter {
  return new NginxTable(options);
}

class NginxTable implements NginxRouter {
  readonly #options: NginxRouterOptions;
  #snapshot: Snapshot | null = null;
  /** Whether nginx may lack something that is on disk; unknown at first, so yes. */
  #behind = true;
  #queue: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | null = null;
  #disposed = false;

  constructor(options: NginxRouterOptions) {
    this.#options = options;
  }

  readonly replace = async (table: RoutingTable): Promise<void> =>
    this.#inTurn(async () => {
      await this.#keep((snapshot) => snapshot.replace(table));
      this.#behind = true;
      await this.#catchUp();
    });

  readonly change = async (change: RoutingChange): Promise<void> =>
    this.#inTurn(async () => {
      const body = await this.#keep((snapshot) => snapshot.change(change));
      if (this.#behind) return this.#catchUp();
      if (body !== "") await this.#tell({ method: "PATCH", path: "/table", body });
    });

  readonly drain = async (peer: string, timeoutMs: number): Promise<number> => {
    await this.#inTurn(() => this.#catchUp());
    if (this.#behind) throw unreachable(new Error("it lacks the newest routes"));
    const query = new URLSearchParams({ peer, timeoutMs: String(timeoutMs) });
    const path = `/drain?${query.toString()}`;
    const text = await this.#ask({ method: "GET", path, timeoutMs: timeoutMs + answerMs });
    // The shape is fixed by control.lua beside this file.
    return (JSON.parse(text) as { left: number }).left;
  };

  readonly check = async (): Promise<void> => {
    await this.#ask({ method: "GET", path: "/health", timeoutMs: answerMs });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    if (this.#retry) clearTimeout(this.#retry);
    await this.#queue;
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Writes to the table on disk. What failed half-way is read again before the next write. */
  async #keep<T>(write: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const path = this.#options.snapshotPath;
    try {
      this.#snapshot ??= await openSnapshot(path);
      return await write(this.#snapshot);
    } catch (error) {
      this.#snapshot = null;
      this.#behind = true;
      // A system error carries its code; any other error is passed on as it is.
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      throw new PlatformError("disk_full", { path }, { cause: error });
    }
  }

  /** Sends the whole table, if nginx may lack something. */
  async #catchUp(): Promise<void> {
    if (!this.#behind) return;
    const body = await this.#keep(async (snapshot) => snapshot.text());
    await this.#tell({ method: "PUT", path: "/table", body });
  }

  async #tell(asked: Omit<ControlRequest, "timeoutMs">): Promise<void> {
    try {
      await askControl(this.#options.socketPath, { ...asked, timeoutMs: answerMs });
      this.#behind = false;
    } catch (error) {
      this.#behind = true;
      this.#retryLater();
      if (error instanceof ControlRefused) throw unreachable(error);
    }
  }

  #retryLater(): void {
    if (this.#disposed || this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      // A refusal has been reported to whoever made the change; here it only leads to the next try.
      this.#inTurn(() => this.#catchUp()).catch(() => {});
    }, retryMs);
    this.#retry.unref();
  }

  async #ask(asked: ControlRequest): Promise<string> {
    try {
      return await askControl(this.#options.socketPath, asked);
    } catch (error) {
      throw unreachable(error);
    }
  }
}

function unreachable(cause: unknown): PlatformError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new PlatformError("router_unreachable", { problem }, { cause });
}
