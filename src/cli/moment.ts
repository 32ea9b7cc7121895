/** `2026-05-01 12:00:00Z`: a moment for people, in UTC whatever the machine's zone. */
export function moment(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d+Z$/, "$1 $2Z");
}
