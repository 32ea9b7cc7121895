import { useEffect, useRef, type ReactNode } from "react";
import { useLiveState } from "./data/live.tsx";
import { chooseScheme, schemes, useScheme, type Scheme } from "./data/scheme.ts";
import { forgetSession } from "./data/session.ts";
import { Mark, NavIcon, type NavIconName } from "./parts/icon.tsx";
import { Link } from "./parts/link.tsx";
import { Notices } from "./parts/notices.tsx";
import { Choice } from "./parts/field.tsx";

const places: readonly (readonly [path: string, name: string, icon: NavIconName])[] = [
  ["/", "Apps", "apps"],
  ["/activity", "Activity", "activity"],
  ["/keys", "Keys", "keys"],
  ["/installation", "Installation", "installation"],
];

/** What stands around every page: where one can go, how live it is, and where notices appear. */
export function Frame({ path, children }: { path: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  useFocusOnNewPage(path, main);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <nav className="nav" aria-label="Berth">
        <Link to="/" className="brand" label="Berth, all apps">
          <Mark />
          <span>Berth</span>
        </Link>
        <ul className="nav-places">
          {places.map(([to, name, icon]) => (
            <li key={to}>
              <Link to={to} className="nav-link" isCurrent={isWithin(path, to)}>
                <NavIcon name={icon} />
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <NavFoot />
      </nav>
      <main className="main" id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <Notices />
    </div>
  );
}

function NavFoot() {
  const scheme = useScheme();
  return (
    <div className="nav-foot">
      <LiveMark />
      <Choice
        label="Colours"
        isLabelHidden
        value={scheme}
        choices={schemes.map((it) => [it, schemeNames[it]])}
        // The choices are the schemes.
        onChoose={(chosen) => chooseScheme(chosen as Scheme)}
      />
      <button type="button" className="button small quiet" onClick={forgetSession}>
        Sign out
      </button>
    </div>
  );
}

const schemeNames: Readonly<Record<Scheme, string>> = {
  system: "Colours of the system",
  light: "Light",
  dark: "Dark",
};

function LiveMark() {
  const state = useLiveState();
  return (
    <p className={`live live-${state}`} role="status">
      <span className="live-dot" aria-hidden="true" />
      {state === "open" ? "Live" : "Reconnecting"}
    </p>
  );
}

function isWithin(path: string, place: string): boolean {
  if (place === "/") return path === "/" || path === "/new" || path.startsWith("/apps/");
  if (place === "/activity" && path.startsWith("/jobs/")) return true;
  return path === place || path.startsWith(`${place}/`);
}

/** Going to another page is told to whoever does not see it: its heading takes the focus. */
function useFocusOnNewPage(path: string, main: React.RefObject<HTMLElement | null>): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    window.scrollTo(0, 0);
    (main.current?.querySelector("h1") ?? main.current)?.focus({ preventScroll: true });
  }, [path, main]);
}
