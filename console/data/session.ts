import { createContext, useContext } from "react";
import type { CallerView } from "#api/people-views.ts";

const storageKey = "berth.token";
const endedEvent = "berth:session-ended";

export type Right = CallerView["everywhere"][number];

/** Who is signed in; what may not be done is not offered. */
export const CallerContext = createContext<CallerView | null>(null);

export function useCaller(): CallerView | null {
  return useContext(CallerContext);
}

/** Whether the person may do something with an app. The server decides it again. */
export function useMay(right: Right, target: string): boolean {
  const caller = useCaller();
  if (!caller) return false;
  if (caller.superuser || caller.everywhere.includes(right)) return true;
  const [name] = target.split("@", 1);
  return caller.apps.some(({ app, rights }) => app === name && rights.includes(right));
}

/** Likewise with the apps of a team, or with the team itself. */
export function useMayInTeam(right: Right, team: string): boolean {
  const caller = useCaller();
  if (!caller) return false;
  if (caller.superuser || caller.everywhere.includes(right)) return true;
  return caller.teams.some((it) => it.team === team && it.rights.includes(right));
}

/** Whether the person looks after the installation as a whole. */
export function useIsSuperuser(): boolean {
  return useCaller()?.superuser ?? false;
}

/** Beside the cookie of a session: a token that somebody pasted, for as long as the tab is open. */
export function sessionHeaders(): Record<string, string> {
  const token = sessionStorage.getItem(storageKey);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

export function keepToken(token: string): void {
  sessionStorage.setItem(storageKey, token);
}

export function dropToken(): void {
  sessionStorage.removeItem(storageKey);
}

/** Says that nobody is signed in any more. */
export function endSession(): void {
  dropToken();
  window.dispatchEvent(new Event(endedEvent));
}

export function onSessionEnd(listener: () => void): () => void {
  window.addEventListener(endedEvent, listener);
  return () => window.removeEventListener(endedEvent, listener);
}
