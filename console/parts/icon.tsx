const outlines = {
  apps: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  activity: "M3 12h4l3-8 4 16 3-8h4",
  keys: "M14 10a4 4 0 1 1-4-4 4 4 0 0 1 4 4zM13 13l7 7M17 17l2-2",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14a6.5 6.5 0 0 1 3.5 6",
  account: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0",
  audit: "M6 3h9l4 4v14H6zM9 11h7M9 15h7",
  find: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  installation: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01",
} as const;

export type NavIconName = keyof typeof outlines;

export function NavIcon({ name }: { name: NavIconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={outlines[name]} />
    </svg>
  );
}

/** A hull at its berth. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="mark-hull" d="M5 15h22l-3.2 8.2a2 2 0 0 1-1.9 1.3H10.1a2 2 0 0 1-1.9-1.3z" />
      <path className="mark-mast" d="M15 4h2v9h-2zM18.5 5.5 24 12h-5.5z" />
      <path
        className="mark-water"
        d="M3 28.5c2.2-1.6 4.3-1.6 6.5 0s4.3 1.6 6.5 0 4.3-1.6 6.5 0 4.3 1.6 6.5 0"
      />
    </svg>
  );
}
