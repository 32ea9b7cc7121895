import { useEffect, useSyncExternalStore, type ReactNode } from "react";

type Notice = { readonly id: number; readonly content: ReactNode };

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says in passing that something was done; it goes away by itself. */
export function notify(content: ReactNode): void {
  lastId += 1;
  set([...notices, { id: lastId, content }].slice(-3));
}

export function Notices() {
  const shown = useSyncExternalStore(listen, () => notices);
  return (
    <div className="notices" role="status">
      {shown.map((notice) => (
        <Shown key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Shown({ notice }: { notice: Notice }) {
  useEffect(() => {
    const timer = setTimeout(() => remove(notice), 7000);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div className="notice">
      <p>{notice.content}</p>
      <button type="button" className="button small quiet" onClick={() => remove(notice)}>
        <span aria-hidden="true">×</span>
        <span className="unseen">Close</span>
      </button>
    </div>
  );
}

function remove(notice: Notice): void {
  set(notices.filter((it) => it !== notice));
}

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
