import { formatParts, formatValue } from "../engine/units/units";

// Tick labels of one axis: as many decimals as its steps need, the same for all.
export function axisTexts(splits: number[], unit: string, decimals?: number): string[] {
  if (decimals !== undefined) return splits.map((v) => formatValue(v, unit, decimals));
  for (let d = 0; d < 4; d++) {
    const exact = splits.every((v) => v === 0 || /\.?0+$/.test(decimalsOf(formatParts(v, unit, d + 2).text, d)));
    if (exact) return splits.map((v) => (v === 0 ? formatValue(0, unit, 0) : formatValue(v, unit, d)));
  }
  return splits.map((v) => formatValue(v, unit));
}

// The digits behind the first `kept` decimals; "0" when there is nothing left to show.
function decimalsOf(text: string, kept: number): string {
  const digits = text.split(".")[1]?.slice(kept) ?? "";
  return /[1-9]/.test(digits) ? "1" : "0";
}

export function timeTexts(splits: number[]): string[] {
  const step = splits.length > 1 ? splits[1]! - splits[0]! : 60e3;
  const two = (n: number) => String(n).padStart(2, "0");
  return splits.map((ms) => {
    const d = new Date(ms);
    const day = `${two(d.getMonth() + 1)}-${two(d.getDate())}`;
    const minute = `${two(d.getHours())}:${two(d.getMinutes())}`;
    if (step >= 86400e3) return day;
    if (step < 60e3) return `${minute}:${two(d.getSeconds())}`;
    return minute === "00:00" ? day : minute;
  });
}
