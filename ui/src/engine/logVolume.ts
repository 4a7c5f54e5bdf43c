// Log lines per step and level, as a stacked chart.
import { LEVELS, levelOf, type Level, type LogRow } from "./logs";
import { field, frame, type Frame } from "./frames";
import { metricFrames } from "./wire";
import type { Range } from "./time";

export const LEVEL_COLORS: Record<Level, string> = {
  critical: "purple",
  error: "red",
  warn: "yellow",
  info: "green",
  debug: "blue",
  trace: "light-blue",
  unknown: "gray",
};

// From the server's counts, keyed by detected_level.
export function volumeOf(data: unknown): Frame[] {
  const target = {
    refId: "volume",
    kind: "loki",
    expr: "",
    legend: "",
    instant: false,
    format: "time_series",
    interval: "",
    intervalFactor: 1,
    hide: false,
  } as const;
  const byLevel = new Map<Level, Map<number, number>>();
  for (const f of metricFrames(target, data, "", 0)) {
    const value = f.fields[1]!;
    const level = levelOf(value.labels.detected_level ?? value.labels.level ?? "");
    const counts = byLevel.get(level) ?? new Map<number, number>();
    byLevel.set(level, counts);
    f.fields[0]!.values.forEach((t, i) =>
      counts.set(Number(t), (counts.get(Number(t)) ?? 0) + Number(value.values[i] ?? 0)),
    );
  }
  return frames(byLevel);
}

// From the lines at hand, where the server cannot count.
export function volumeOfRows(rows: LogRow[], range: Range, stepMs: number): Frame[] {
  const byLevel = new Map<Level, Map<number, number>>();
  for (const row of rows) {
    const t = Math.ceil((row.timeMs - range.from) / stepMs) * stepMs + range.from;
    const counts = byLevel.get(row.level) ?? new Map<number, number>();
    byLevel.set(row.level, counts.set(t, (counts.get(t) ?? 0) + 1));
  }
  return frames(byLevel);
}

function frames(byLevel: Map<Level, Map<number, number>>): Frame[] {
  return LEVELS.filter((l) => byLevel.has(l)).map((level) => {
    const points = [...byLevel.get(level)!].sort((a, b) => a[0] - b[0]);
    const value = field(
      "Value",
      "number",
      points.map((p) => p[1]),
    );
    value.source = level;
    value.config = {
      unit: "short",
      color: { mode: "fixed", fixedColor: LEVEL_COLORS[level] },
      custom: { drawStyle: "bars", fillOpacity: 75, lineWidth: 0, stacking: { mode: "normal", group: "A" } },
    };
    return frame("volume", "series", [
      field(
        "Time",
        "time",
        points.map((p) => p[0]),
      ),
      value,
    ]);
  });
}
