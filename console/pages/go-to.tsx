import { listApps } from "#api/apps.ts";
import { goTo, useAddress } from "../data/location.ts";
import { chooseScheme } from "../data/scheme.ts";
import { useList } from "../data/use-list.ts";
import type { Goal } from "../lib/palette.ts";
import { matchPath } from "../lib/paths.ts";
import { paths } from "../parts/link.tsx";
import { Palette } from "../parts/palette.tsx";
import { useAppTabs } from "./app-tabs.ts";

type GoToProps = {
  readonly places: readonly { readonly to: string; readonly name: string }[];
  readonly onClose: () => void;
};

/** Every place that there is, to go to by name: those of the app that is open first. */
export function GoTo({ places, onClose }: GoToProps) {
  const { path } = useAddress();
  const { target = "" } =
    matchPath("/apps/:target", path) ?? matchPath("/apps/:target/:tab", path) ?? {};
  const tabs = useAppTabs(target);
  const { data: apps = [] } = useList(listApps, {});
  const goals: Goal[] = [
    ...(target === "" ? [] : tabs).map(([tab, name]) => ({
      name: `${target}: ${name}`,
      kind: "Page of the app",
      open: () => goTo(paths.app(target, tab)),
    })),
    ...apps.flatMap(({ branches }) =>
      branches.map((branch) => ({
        name: branch.target,
        kind: "App",
        open: () => goTo(paths.app(branch.target)),
      })),
    ),
    ...[...places, ...otherPlaces].map(({ to, name }) => ({
      name,
      kind: "Page",
      open: () => goTo(to),
    })),
    { name: "Light colours", kind: "This browser", open: () => chooseScheme("light") },
    { name: "Dark colours", kind: "This browser", open: () => chooseScheme("dark") },
  ];
  return <Palette goals={goals} onClose={onClose} />;
}

const otherPlaces = [
  { to: "/new", name: "New app" },
  { to: "/account", name: "Account" },
] as const;
