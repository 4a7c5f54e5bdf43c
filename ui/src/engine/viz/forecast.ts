// Continues measured lines to where instant queries say they will be.
import type { Field, Frame } from "../frames";
import { numbers } from "../frames";
import type { Forecast } from "../queries";
import { reduce } from "../reduce";
import type { Line } from "./series";

interface Column {
  f: Field;
  frame: Frame;
}

// Appends future times to `times` (and nulls to `lines`), and returns the dashed lines beyond.
export function extendSeries(
  lines: Line[],
  times: number[],
  predicted: Column[],
  measured: Column[],
  forecasts: Forecast[],
  to: number,
  stepMs: number,
): Line[] {
  const found = measured
    .map((column, index) => ({ line: lines[index]!, points: pointsFor(column, predicted, forecasts, to) }))
    .filter((x) => x.points.length > 0);
  if (found.length === 0 || times.length === 0) return [];
  const until = Math.max(...found.flatMap((x) => x.points.map(([t]) => t)));
  for (let t = Math.max(to, times.at(-1)! + stepMs); t < until; t += stepMs) times.push(t);
  times.push(until);
  for (const l of lines) {
    l.values = padded(l.values, times.length);
    l.drawn = padded(l.drawn, times.length);
  }
  return found.flatMap(({ line, points }) => {
    const last = line.values.findLastIndex((v) => v !== null);
    if (last < 0) return [];
    const known: [number, number][] = [[times[last]!, line.values[last]!], ...points];
    const values = times.map((t, i) => (i < last ? null : between(known, t)));
    return [
      {
        ...line,
        ...DASHED,
        dash: [5, 5],
        key: `${line.key}/forecast`,
        name: line.name + MARK,
        values,
        drawn: values,
        fill: line.fill / 3,
      },
    ];
  });
}

const MARK = " (forecast)";

// The name of what a forecast continues.
export function plainName(line: Line): string {
  return line.forecast ? line.name.slice(0, -MARK.length) : line.name;
}

const DASHED = { forecast: true, points: "never", hiddenInLegend: true, stack: "", fillTo: -1 } as const;

function padded(values: (number | null)[], length: number): (number | null)[] {
  return values.length >= length ? values : [...values, ...new Array<null>(length - values.length).fill(null)];
}

function pointsFor(column: Column, predicted: Column[], forecasts: Forecast[], to: number): [number, number][] {
  const id = identity(column.f);
  return forecasts
    .filter((f) => f.of === column.frame.refId)
    .flatMap((forecast) => {
      const match = predicted.find((p) => p.frame.refId === forecast.refId && identity(p.f) === id);
      const value = match ? reduce(numbers(match.f), "lastNotNull") : null;
      return value === null || !Number.isFinite(value) ? [] : [[to + forecast.aheadMs, value] as [number, number]];
    })
    .sort((a, b) => a[0] - b[0]);
}

function identity(f: Field): string {
  return JSON.stringify(
    Object.entries(f.labels)
      .filter(([k]) => k !== "__name__")
      .sort(),
  );
}

function between(known: [number, number][], t: number): number | null {
  for (let i = 0; i < known.length - 1; i++) {
    const [[t0, v0], [t1, v1]] = [known[i]!, known[i + 1]!];
    if (t >= t0 && t <= t1) return v0 + ((v1 - v0) * (t - t0)) / (t1 - t0 || 1);
  }
  return null;
}
