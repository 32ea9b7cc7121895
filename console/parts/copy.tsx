import { useEffect, useState } from "react";

/** Lines to type, each with a button that copies it. */
export function Commands({ lines, label }: { lines: readonly string[]; label: string }) {
  return (
    <ul className="commands" aria-label={label}>
      {lines.map((line) => (
        <li key={line}>
          <code>{line}</code>
          <Copy text={line} what={line} />
        </li>
      ))}
    </ul>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<"Copied" | "Press Ctrl-C" | null>(null);
  useEffect(() => {
    if (outcome === null) return undefined;
    const timer = setTimeout(() => setOutcome(null), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text)) ? "Copied" : "Press Ctrl-C");
  return (
    <button type="button" className="button small copy" onClick={() => void copy()}>
      <span aria-hidden="true">{outcome ?? "Copy"}</span>
      <span className="unseen">{outcome ?? `Copy: ${what}`}</span>
    </button>
  );
}

/** Over plain HTTP browsers offer no clipboard; a selected field can still be copied. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  // The only way that works without a secure context.
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
