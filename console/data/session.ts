import { useSyncExternalStore } from "react";

const storageKey = "berth.token";
const listeners = new Set<() => void>();

/** What proves to Berth who asks, for as long as the tab is open. */
export function sessionHeaders(): Record<string, string> {
  const token = sessionStorage.getItem(storageKey);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

export function openSession(token: string): void {
  sessionStorage.setItem(storageKey, token);
  for (const listener of listeners) listener();
}

export function forgetSession(): void {
  sessionStorage.removeItem(storageKey);
  for (const listener of listeners) listener();
}

export function useIsSignedIn(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => sessionStorage.getItem(storageKey) !== null,
  );
}
