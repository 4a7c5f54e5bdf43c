import { formatParts, formatValue } from "../engine/units/units";

// Tick labels of one axis: as many decimals as its steps need, the same for all of one size.
export function axisTexts(splits: number[], unit: string, decimals?: number): string[] {
  if (decimals !== undefined) return splits.map((v) => formatValue(v, unit, decimals));
  const needed = new Map<string, number>();
  const suffixes = splits.map((v) => formatParts(v, unit, DECIMALS_MAX).suffix);
  splits.forEach((v, i) => {
    const digits = formatParts(v, unit, DECIMALS_MAX).text.split(".")[1]?.replace(/0+$/, "") ?? "";
    needed.set(suffixes[i]!, Math.max(needed.get(suffixes[i]!) ?? 0, digits.length));
  });
  return splits.map((v, i) => formatValue(v, unit, v === 0 ? 0 : needed.get(suffixes[i]!)));
}

const DECIMALS_MAX = 4;

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
