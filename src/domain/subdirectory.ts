/**
 * A folder inside the artifact, without slashes at its ends; "" for the artifact itself. Null for
 * what could lead out of it.
 */
export function parseSubdirectory(text: string): string | null {
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused here
  const isSafe = parts.every((part) => part !== ".." && !/[\0-\x1f\x7f]/.test(part));
  return isSafe ? parts.join("/") : null;
}
