import { useEffect, useRef, useState, type ReactNode } from "react";
import { useIsLive } from "./data/live.tsx";
import { useAddress } from "./data/location.ts";
import { useCaller, useIsSuperuser } from "./data/session.ts";
import { plainText } from "./lib/text.ts";
import { Mark, NavIcon, type NavIconName } from "./parts/icon.tsx";
import { Link } from "./parts/link.tsx";
import { Notices } from "./parts/notices.tsx";
import { usePaletteKey } from "./parts/palette.tsx";
import { GoTo } from "./pages/go-to.tsx";

type Place = {
  readonly to: string;
  readonly name: string;
  readonly icon: NavIconName;
  readonly isForSuperusers?: true;
};

const places: readonly Place[] = [
  { to: "/", name: "Apps", icon: "apps" },
  { to: "/activity", name: "Activity", icon: "activity" },
  { to: "/people", name: "People", icon: "people" },
  { to: "/keys", name: "Keys", icon: "keys" },
  { to: "/audit", name: "Audit", icon: "audit" },
  { to: "/installation", name: "Installation", icon: "installation", isForSuperusers: true },
];

/** What stands around every page: where one can go, how live it is, and where notices appear. */
export function Frame({ path, children }: { path: string; children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const isSuperuser = useIsSuperuser();
  const shown = places.filter(({ isForSuperusers }) => !isForSuperusers || isSuperuser);
  const [isGoing, setGoing] = useState(false);
  usePaletteKey(setGoing);
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
          {shown.map(({ to, name, icon }) => (
            <li key={to}>
              <Link to={to} className="nav-link" isCurrent={isWithin(path, to)}>
                <NavIcon name={icon} />
                {name}
              </Link>
            </li>
          ))}
        </ul>
        <NavFoot onFind={() => setGoing(true)} />
      </nav>
      <main className="main" id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <Notices />
      {isGoing && <GoTo places={shown} onClose={() => setGoing(false)} />}
    </div>
  );
}

function NavFoot({ onFind }: { onFind: () => void }) {
  const caller = useCaller();
  const { path } = useAddress();
  return (
    <div className="nav-foot">
      <LiveMark />
      <button type="button" className="nav-link nav-find" onClick={onFind}>
        <NavIcon name="find" />
        <span>Go to</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <Link to="/account" className="nav-link" isCurrent={path === "/account"}>
        <NavIcon name="account" />
        <span className="clip">{plainText(caller?.user?.name ?? "This machine", 60)}</span>
      </Link>
    </div>
  );
}

function LiveMark() {
  const isLive = useIsLive();
  return (
    <p className={isLive ? "live" : "live live-away"} role="status">
      <span className="live-dot" aria-hidden="true" />
      {isLive ? "Live" : "Connecting"}
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
