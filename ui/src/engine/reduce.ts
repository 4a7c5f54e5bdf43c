// Reducers: a column to one number.
type Values = (number | null)[];
const present = (v: Values) => v.filter((x): x is number => x !== null && !Number.isNaN(x));
const sum = (v: number[]) => v.reduce((a, b) => a + b, 0);
const least = (v: number[]) => v.reduce((a, b) => Math.min(a, b), Infinity);
const greatest = (v: number[]) => v.reduce((a, b) => Math.max(a, b), -Infinity);

function quantile(v: number[], q: number): number {
  const sorted = [...v].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
function variance(v: number[]): number {
  const mean = sum(v) / v.length;
  return sum(v.map((x) => (x - mean) ** 2)) / v.length;
}

const REDUCERS: Record<string, (v: number[], all: Values) => number | null> = {
  lastNotNull: (v) => v.at(-1)!,
  last: (_, all) => all.at(-1) ?? null,
  firstNotNull: (v) => v[0]!,
  first: (_, all) => all[0] ?? null,
  min: least,
  max: greatest,
  mean: (v) => sum(v) / v.length,
  median: (v) => quantile(v, 0.5),
  sum,
  total: sum,
  count: (_, all) => all.length,
  range: (v) => greatest(v) - least(v),
  delta: (v) => v.reduce((total, x, i) => total + (i === 0 ? 0 : x >= v[i - 1]! ? x - v[i - 1]! : x), 0),
  diff: (v) => v.at(-1)! - v[0]!,
  diffperc: (v) => (v.at(-1)! - v[0]!) / v[0]!,
  step: (v) => least(v.slice(1).map((x, i) => x - v[i]!)),
  variance,
  stdDev: (v) => Math.sqrt(variance(v)),
  logmin: (v) => least(v.filter((x) => x > 0)),
  distinctCount: (_, all) => new Set(all).size,
  changeCount: (v) => v.filter((x, i) => i > 0 && x !== v[i - 1]).length,
  allIsZero: (v) => Number(v.every((x) => x === 0)),
};
const WITHOUT_VALUES = new Set(["count", "distinctCount"]);
const OLD: Record<string, string> = { current: "lastNotNull", avg: "mean", "current()": "lastNotNull" };

export function reduce(values: Values, calc: string): number | null {
  const name = OLD[calc] ?? calc;
  const percentile = /^p(\d{1,2})$/.exec(name);
  const v = present(values);
  if (v.length === 0 && !WITHOUT_VALUES.has(name)) return null;
  if (percentile) return quantile(v, Number(percentile[1]) / 100);
  const reducer = Object.hasOwn(REDUCERS, name) ? REDUCERS[name]! : REDUCERS.lastNotNull!;
  return reducer(v, values);
}

const LABELS: Record<string, string> = {
  lastNotNull: "Last",
  last: "Last",
  firstNotNull: "First",
  first: "First",
  mean: "Mean",
  min: "Min",
  max: "Max",
  sum: "Total",
  total: "Total",
  stdDev: "Std dev",
};
export function calcLabel(calc: string): string {
  return LABELS[OLD[calc] ?? calc] ?? calc[0]!.toUpperCase() + calc.slice(1);
}
