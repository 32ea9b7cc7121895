import type { MouseEvent, ReactNode } from "react";
import { goTo } from "../data/location.ts";

type LinkProps = {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly isCurrent?: boolean;
  readonly label?: string;
};

/** A link inside the console: a real one, so that it can be opened in another tab. */
export function Link({ to, children, className, isCurrent, label }: LinkProps) {
  const follow = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isPlain || event.altKey) return;
    event.preventDefault();
    goTo(to);
  };
  return (
    <a
      href={to}
      onClick={follow}
      className={className}
      aria-current={isCurrent ? "page" : undefined}
      aria-label={label}
    >
      {children}
    </a>
  );
}

/** Addresses of the console. */
export const paths = {
  app: (target: string, tab?: string) =>
    `/apps/${target.split("@").map(encodeURIComponent).join("@")}${tab ? `/${tab}` : ""}`,
  job: (job: number) => `/jobs/${job}`,
} as const;
