import { useSyncExternalStore } from "react";

export const schemes = ["system", "light", "dark"] as const;
export type Scheme = (typeof schemes)[number];

const storageKey = "berth.scheme";
const listeners = new Set<() => void>();

/** The colour scheme that this browser was told to use; that of the system otherwise. */
export function chosenScheme(): Scheme {
  const stored = localStorage.getItem(storageKey);
  return schemes.find((scheme) => scheme === stored) ?? "system";
}

export function applyScheme(scheme: Scheme): void {
  document.documentElement.dataset["scheme"] = scheme;
}

export function chooseScheme(scheme: Scheme): void {
  localStorage.setItem(storageKey, scheme);
  applyScheme(scheme);
  for (const listener of listeners) listener();
}

export function useScheme(): Scheme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosenScheme);
}

/** Changes with the colours that are in force, whoever chose them: for what is drawn, not styled. */
export function useColours(): string {
  const scheme = useScheme();
  const isDark = useSyncExternalStore(
    (listener) => {
      darkness.addEventListener("change", listener);
      return () => darkness.removeEventListener("change", listener);
    },
    () => darkness.matches,
  );
  return `${scheme} ${isDark}`;
}

const darkness = matchMedia("(prefers-color-scheme: dark)");
