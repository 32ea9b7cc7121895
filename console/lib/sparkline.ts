/** The path of a small plot in a box, from its lower left: `M0,20L10,12…`. */
export function sparklinePath(
  values: readonly number[],
  box: { readonly width: number; readonly height: number; readonly max?: number },
): string {
  if (values.length < 2) return "";
  const top = Math.max(box.max ?? 0, ...values) || 1;
  const step = box.width / (values.length - 1);
  const points = values.map((value, index) => {
    const y = box.height - (value / top) * box.height;
    return `${round(index * step)},${round(y)}`;
  });
  return `M${points.join("L")}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
