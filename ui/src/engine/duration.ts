// Durations as Prometheus and Grafana write them ("90s", "1h30m", "5m"), in milliseconds.
const UNITS: Record<string, number> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
  d: 86400e3,
  w: 7 * 86400e3,
  M: 30 * 86400e3,
  y: 365 * 86400e3,
};

export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().replace(/^[<>=]+/, "");
  if (!/^(\d+(\.\d+)?(ms|[smhdwMy]))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, value, , unit] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|[smhdwMy])/g))
    total += Number(value) * UNITS[unit!]!;
  return total;
}

// The shortest whole form that query languages read: 90000 -> "90s", 3600000 -> "1h".
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    if (ms >= UNITS[unit]! && ms % UNITS[unit]! === 0) return `${ms / UNITS[unit]!}${unit}`;
  }
  return `${Math.max(1, Math.round(ms))}ms`;
}

// For people: 0.004 ms -> "4 µs", 1534 -> "1.53 s".
export function humanDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  const abs = Math.abs(ms);
  if (abs >= 3600e3) return `${Math.floor(ms / 3600e3)} h ${Math.round((abs % 3600e3) / 60e3)} min`;
  if (abs >= 60e3) return `${Math.floor(ms / 60e3)} min ${Math.round((abs % 60e3) / 1e3)} s`;
  if (abs >= 1e3) return `${precise(ms / 1e3)} s`;
  if (abs >= 1 || abs === 0) return `${precise(ms)} ms`;
  if (abs >= 1e-3) return `${precise(ms * 1e3)} µs`;
  return `${precise(ms * 1e6)} ns`;
}

function precise(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1).replace(/\.0$/, "")
      : value.toFixed(2).replace(/\.?0+$/, "");
}
