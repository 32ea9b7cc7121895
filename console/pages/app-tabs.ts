import { useMay } from "../data/session.ts";

/** The pages of an app, in the order of their tabs. */
const appTabs = [
  ["", "Overview"],
  ["releases", "Releases"],
  ["logs", "Logs"],
  ["metrics", "Metrics"],
  ["config", "Config vars"],
  ["domains", "Domains"],
  ["limits", "Limits"],
  ["protection", "Protection"],
  ["terminal", "Terminal"],
  ["settings", "Settings"],
] as const;

/** Those that the person may open. */
export function useAppTabs(target: string): readonly (readonly [tab: string, name: string])[] {
  const mayConfigure = useMay("configure", target);
  const mayRun = useMay("run", target);
  const hidden = new Set<string>([
    ...(mayConfigure ? [] : ["config", "settings"]),
    ...(mayRun ? [] : ["terminal"]),
  ]);
  return appTabs.filter(([tab]) => !hidden.has(tab));
}
