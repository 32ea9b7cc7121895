import type { ReactNode } from "react";

type OutputProps = {
  /** Whose lines they are. */
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
};

/** Lines that a program printed. */
export function Output({ label, className = "", children }: OutputProps) {
  return (
    // What scrolls must be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className={`output ${className}`} role="region" aria-label={label} tabIndex={0}>
      <bdi>{children}</bdi>
    </pre>
  );
}
