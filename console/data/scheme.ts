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

/** The colours behind custom properties as they are in force at an element: for what is drawn. */
export function coloursAt<Name extends string>(
  element: HTMLElement,
  properties: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const probe = document.createElement("span");
  element.append(probe);
  const entries = Object.entries<string>(properties).map(([name, property]) => {
    // A custom property may hold light-dark(); only a real property says what it comes to.
    probe.style.color = `var(${property})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  // The same names, which entries do not show.
  return Object.fromEntries(entries) as Record<Name, string>;
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
