import { useEffect, useState } from "react";

/** A text for a phone's camera. Its library comes only when there is something to show. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>([]);
  useEffect(() => {
    let isShown = true;
    void import("uqr").then(({ encode }) => {
      if (isShown) setRows(encode(text, { border: 2 }).data);
    });
    return () => {
      isShown = false;
    };
  }, [text]);
  const path = rows
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      className="qr-code"
      viewBox={`0 0 ${rows.length || 1} ${rows.length || 1}`}
      role="img"
      aria-label={label}
    >
      <path d={path} />
    </svg>
  );
}
