// Units of time. Each starts at its own name and grows into the greater ones.
import type { Formatter } from "./families";
import { fixed } from "./families";
import { toFixed } from "./number";

type Step = [limit: number, divisor: number, one: string, many: string];
const plural = (value: number, text: string, one: string, many: string) =>
  ` ${Math.abs(value) <= 1 && Number(text) <= 1 ? one : many}`;

function ladder(steps: Step[]): Formatter {
  return (value, decimals) => {
    const zero = steps.find(([, divisor]) => divisor === 1);
    const step = (value === 0 ? zero : steps.find(([limit]) => Math.abs(value) < limit)) ?? steps.at(-1)!;
    const v = value / step[1];
    const text = toFixed(v, decimals);
    return { text, suffix: plural(v, text, step[2], step[3]) };
  };
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const YEAR = 31536000;
const s = ladder([
  [1e-6, 1e-9, "ns", "ns"],
  [1e-3, 1e-6, "µs", "µs"],
  [1, 1e-3, "ms", "ms"],
  [MINUTE, 1, "s", "s"],
  [HOUR, MINUTE, "min", "mins"],
  [DAY, HOUR, "hour", "hours"],
  [7 * DAY, DAY, "day", "days"],
  [YEAR, 7 * DAY, "week", "weeks"],
  [Infinity, 3.15569e7, "year", "years"],
]);
const ms = ladder([
  [1e3, 1, "ms", "ms"],
  [60e3, 1e3, "s", "s"],
  [3600e3, 60e3, "min", "mins"],
  [86400e3, 3600e3, "hour", "hours"],
  [31536e6, 86400e3, "day", "days"],
  [Infinity, 31536e6, "year", "years"],
]);
const small = (power: number, unit: string): Formatter => {
  const up = ["ns", "µs", "ms", "s"].slice(["ns", "µs"].indexOf(unit));
  return (value, decimals) => {
    if (unit === "ns" && Math.abs(value) * power >= MINUTE) return s(value * power, decimals);
    let v = value;
    let i = 0;
    while (Math.abs(v) >= 1000 && i < up.length - 1) {
      v /= 1000;
      i++;
    }
    return { text: toFixed(v, decimals), suffix: " " + up[i]! };
  };
};
const m = ladder([
  [60, 1, "min", "min"],
  [1440, 60, "hour", "hours"],
  [10080, 1440, "day", "days"],
  [525600, 10080, "week", "weeks"],
  [Infinity, 525948, "year", "years"],
]);
const h = ladder([
  [24, 1, "hour", "hour"],
  [168, 24, "day", "days"],
  [8760, 168, "week", "weeks"],
  [Infinity, 8760, "year", "years"],
]);
const d = ladder([
  [7, 1, "day", "days"],
  [365, 7, "week", "weeks"],
  [Infinity, 365, "year", "years"],
]);

const WORDS: [number, string][] = [
  [YEAR * 1000, "year"],
  [2628000e3, "month"],
  [604800e3, "week"],
  [86400e3, "day"],
  [3600e3, "hour"],
  [60e3, "minute"],
  [1e3, "second"],
  [1, "millisecond"],
];
// The greatest whole unit, and as many smaller ones as decimals ask for.
const words =
  (factor: number): Formatter =>
  (value, decimals = 0) => {
    const parts: string[] = [];
    let rest = Math.abs(value * factor);
    if (rest === 0) return { text: "0", suffix: factor === 1 ? " milliseconds" : " seconds" };
    for (const [size, word] of WORDS) {
      if (parts.length > decimals) break;
      const n = Math.floor(rest / size);
      if (n === 0) continue;
      parts.push(`${n} ${word}${n === 1 ? "" : "s"}`);
      rest -= n * size;
    }
    return { text: parts.join(", "), suffix: "" };
  };

const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
const hms =
  (withDays: boolean): Formatter =>
  (value) => {
    const days = withDays ? Math.floor(value / DAY) : 0;
    const rest = value - days * DAY;
    const clock = `${two(rest / HOUR)}:${two((rest % HOUR) / MINUTE)}:${two(rest % MINUTE)}`;
    return { text: days > 0 ? `${days} d ${clock}` : clock, suffix: "" };
  };
const clock =
  (factor: number): Formatter =>
  (value) => {
    const total = Math.floor(value * factor);
    const parts = [`${String(total % 1000).padStart(3, "0")}ms`];
    if (total >= 1000) parts.unshift(`${two((total / 1000) % 60)}s`);
    if (total >= 60e3) parts.unshift(`${two((total / 60e3) % 60)}m`);
    if (total >= 3600e3) parts.unshift(`${Math.floor(total / 3600e3)}h`);
    return { text: parts.join(":"), suffix: "" };
  };
const iso: Formatter = (value) => {
  const date = new Date(value);
  return { text: Number.isNaN(date.getTime()) ? "Invalid date" : localIso(date), suffix: "" };
};
function localIso(t: Date): string {
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

export const timeUnits: Record<string, Formatter> = {
  ns: small(1e-9, "ns"),
  µs: small(1e-6, "µs"),
  us: small(1e-6, "µs"),
  ms,
  s,
  m,
  h,
  d,
  dtdurationms: words(1),
  dtdurations: words(1000),
  dthms: hms(false),
  dtdhms: hms(true),
  clockms: clock(1),
  clocks: clock(1000),
  timeticks: (value, decimals) => s(value / 100, decimals),
  dateTimeAsIso: iso,
  dateTimeAsIsoNoDateIfToday: iso,
  dateTimeAsUS: iso,
  dateTimeAsUSNoDateIfToday: iso,
  dateTimeAsLocal: iso,
  dateTimeAsLocalNoDateIfToday: iso,
  dateTimeAsSystem: iso,
  dateTimeFromNow: iso,
  sci: (value, decimals) => ({ text: value.toExponential(decimals), suffix: "" }),
  lengthcm: fixed("cm"),
};
