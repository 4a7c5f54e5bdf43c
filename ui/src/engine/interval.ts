// Steps and the macros that depend on them: $__interval, $__rate_interval, $__range.
import { formatDuration, parseDuration } from "./duration";
import type { Range } from "./time";

// Nice steps, each taken up to the middle of the way to the next one.
const NICE = [
  10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 20e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1200e3, 1800e3,
  3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 604800e3, 2592000e3, 31536000e3,
];
const POINTS_MAX = 11_000; // a range query's own limit
export const SOURCE_INTERVAL_MS = 15_000;

export function niceInterval(ms: number): number {
  for (let i = 0; i < NICE.length - 1; i++) if (ms < (NICE[i]! + NICE[i + 1]!) / 2) return NICE[i]!;
  return NICE.at(-1)!;
}

export interface Steps {
  intervalMs: number; // $__interval
  rateIntervalMs: number; // $__rate_interval
  stepMs: number; // of the query
}

export function computeSteps(range: Range, maxPoints: number, minInterval: string, factor: number): Steps {
  const scrape = parseDuration(minInterval) ?? SOURCE_INTERVAL_MS;
  const wanted = niceInterval((range.to - range.from) / Math.max(1, maxPoints));
  const intervalMs = Math.max(wanted, scrape);
  const rateIntervalMs = Math.max(intervalMs + scrape, 4 * scrape);
  const base = minInterval.includes("rate_interval") ? rateIntervalMs : intervalMs;
  const safe = (range.to - range.from) / POINTS_MAX;
  const stepMs = Math.max(base, safe > base ? niceInterval(safe * 1.5) : base) * factor;
  return { intervalMs, rateIntervalMs, stepMs };
}

// Range macros as a look-up for interpolation.
export function rangeMacros(range: Range, steps: Steps): Record<string, string> {
  const ms = Math.round(range.to - range.from);
  return {
    __interval: formatDuration(steps.intervalMs),
    __interval_ms: String(steps.intervalMs),
    __rate_interval: formatDuration(steps.rateIntervalMs),
    __rate_interval_ms: String(steps.rateIntervalMs),
    __auto: formatDuration(Math.max(steps.stepMs, 1000)),
    __range: `${Math.max(1, Math.round(ms / 1000))}s`,
    __range_s: String(Math.round(ms / 1000)),
    __range_ms: String(ms),
    __from: String(Math.round(range.from)),
    __to: String(Math.round(range.to)),
  };
}
