import { unsafe } from "#lib/safe-text.ts";

/** What somebody else may write where a message, a name or a line is expected. */
export const hostileTexts: readonly string[] = [
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "red \u001b[31mtext\u001b[0m \u001b]0;title\u0007 \u001b[2J\u001b]52;c;AAAA\u0007 csi \u009b31m",
  "evil\u202egnp.exe \u2066isolated\u2069 \u200fmark",
  "zero\u200bwidth \u2060 \ufeff \u{e0041}",
  "nul \0 bell \u0007 back \b",
  'quote " back \\\\ slash \\n $(id) `id` %s {{7*7}} ${7*7}',
  "first\r\nBcc: evil@example.com\r\n\r\nX-Forged: yes\n\n12 <14>1 forged",
  "x".repeat(100_000),
];

/** Whether somebody may look at it: no terminal acts upon it, and nothing in it is hidden. */
export function isHarmless(text: string): boolean {
  return text.replaceAll("\n", "").search(unsafe) < 0;
}
