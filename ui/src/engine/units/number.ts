// Numbers as text. Without asked decimals: three significant digits, none for whole numbers.
export function autoDecimals(value: number): number {
  if (value === 0 || Number.isInteger(value)) return 0;
  return Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
}

export function toFixed(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return value.toFixed(Math.min(20, Math.max(0, decimals ?? autoDecimals(value))));
}
