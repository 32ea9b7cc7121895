import { useSyncExternalStore } from "react";

const changed = "berth:location";

/** Goes to an address of the console, as a link does. */
export function goTo(path: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  window.dispatchEvent(new Event(changed));
}

/** The address that is shown: its path and what is asked of it. */
export function useAddress(): { readonly path: string; readonly query: URLSearchParams } {
  const address = useSyncExternalStore(listen, () => location.pathname + location.search);
  const [path = "/", search = ""] = address.split("?", 2);
  return { path, query: new URLSearchParams(search) };
}

/** A part of the address that a filter keeps, so that it can be shared and gone back to. */
export function useAddressValue(name: string): [string, (value: string) => void] {
  const { path, query } = useAddress();
  const set = (value: string) => {
    const next = new URLSearchParams(query);
    if (value === "") next.delete(name);
    else next.set(name, value);
    goTo(next.size > 0 ? `${path}?${next.toString()}` : path, { replace: true });
  };
  return [query.get(name) ?? "", set];
}

/** The server calls itself localhost; whoever reads a page reaches it by the page's address. */
export function reachableRemote(gitRemote: string): string {
  return gitRemote.replace(/(?<=@)localhost(?=[:/])/, location.hostname);
}

function listen(listener: () => void): () => void {
  const events = ["popstate", changed];
  for (const name of events) window.addEventListener(name, listener);
  return () => {
    for (const name of events) window.removeEventListener(name, listener);
  };
}
