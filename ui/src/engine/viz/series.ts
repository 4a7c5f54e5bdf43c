// Frames to the aligned columns of a time series chart, with all that styles them.
import { resolveColor } from "../color";
import { readThresholds, seriesColor, type Threshold } from "../display";
import { numbers, timeField, type Field, type Frame } from "../frames";
import { at, bool, list, num, obj, str, strings, type Json } from "../json";
import { displayName } from "../names";
import type { Forecast } from "../queries";
import { reduce } from "../reduce";
import { extendSeries } from "./forecast";

export interface Line {
  key: string;
  name: string;
  color: string;
  values: (number | null)[]; // as measured
  drawn: (number | null)[]; // stacked and mirrored
  forecast: boolean;
  style: "line" | "bars" | "points";
  width: number;
  fill: number; // 0..1
  gradient: boolean;
  dash?: number[];
  points: "auto" | "always" | "never";
  pointSize: number;
  interpolation: "linear" | "smooth" | "stepBefore" | "stepAfter";
  spanNulls: boolean;
  right: boolean;
  unit: string;
  decimals?: number;
  config: Json;
  hiddenInLegend: boolean;
  hiddenInTooltip: boolean;
  stack: string; // group, "" = none
  fillTo: number; // index of the line below a band, -1 = none
  calcs: { calc: string; value: number | null }[];
}

export interface Axis {
  label: string;
  unit: string;
  decimals?: number;
  min?: number;
  max?: number;
  softMin?: number;
  softMax?: number;
  log: number; // base, 0 = linear
  hidden: boolean;
  config: Json;
}

export interface Chart {
  times: number[];
  lines: Line[];
  left: Axis;
  right?: Axis;
  thresholds: { mode: string; steps: Threshold[] };
  legend: { show: boolean; table: boolean; right: boolean; calcs: string[] };
  tooltip: { single: boolean; none: boolean; descending: boolean; ascending: boolean };
  end?: number; // where measuring ends and a forecast begins
  hidden: number; // series over the limit
}

export const SERIES_MAX = 200;

export function seriesChart(frames: Frame[], options: Json, forecasts: Forecast[], to: number, stepMs: number): Chart {
  const columns = frames.flatMap((frame) => {
    const time = timeField(frame);
    return time
      ? frame.fields.filter((f) => f.type === "number").map((f) => ({ f, frame, time: time.values as number[] }))
      : [];
  });
  const predicted = new Set(forecasts.map((f) => f.refId));
  const measured = columns.filter((c) => !predicted.has(c.frame.refId));
  const shown = measured.filter((c) => !bool(at(c.f.config, "custom.hideFrom.viz"))).slice(0, SERIES_MAX);
  const times = [...new Set(shown.flatMap((c) => c.time))].sort((a, b) => a - b);
  const calcs = strings(at(options, "legend.calcs"));
  const colorBy = str(at(options, "tarsier.colorBy"));
  const lines = shown.map((c, index) =>
    line(c.f, c.frame, frames, spread(c.time, numbers(c.f), times), index, calcs, c.f.labels[colorBy]),
  );
  const future = extendSeries(
    lines,
    times,
    columns.filter((c) => predicted.has(c.frame.refId)),
    shown,
    forecasts,
    to,
    stepMs,
  );
  linkBands(lines);
  stack(lines);
  const all = [...lines, ...future];
  const left = all.find((l) => !l.right) ?? all[0];
  const right = all.find((l) => l.right);
  const legend = obj(options.legend);
  const tooltip = obj(options.tooltip);
  return {
    times,
    lines: all,
    left: axis(left?.config ?? {}, lines),
    right: right && axis(right.config, []),
    thresholds: {
      mode: str(at(left?.config, "custom.thresholdsStyle.mode"), "off"),
      steps: readThresholds(left?.config ?? {}).steps,
    },
    legend: {
      show: legend.showLegend !== false && legend.displayMode !== "hidden",
      table: legend.displayMode === "table",
      right: legend.placement === "right",
      calcs,
    },
    tooltip: {
      single: tooltip.mode === "single",
      none: tooltip.mode === "none",
      descending: tooltip.sort === "desc",
      ascending: tooltip.sort === "asc",
    },
    end: future.length > 0 ? to : undefined,
    hidden: measured.length - shown.length,
  };
}

function spread(from: number[], values: (number | null)[], times: number[]): (number | null)[] {
  const out: (number | null)[] = [];
  let i = 0;
  for (const t of times) {
    while (i < from.length && from[i]! < t) i++;
    out.push(i < from.length && from[i] === t ? values[i]! : null);
  }
  return out;
}

function line(
  f: Field,
  frame: Frame,
  frames: Frame[],
  values: (number | null)[],
  index: number,
  calcs: string[],
  colorKey?: string,
): Line {
  const custom = obj(f.config.custom);
  const name = displayName(f, frames);
  const style = str(custom.drawStyle, "line") as Line["style"];
  const mirrored = custom.transform === "negative-Y";
  const stacking = obj(custom.stacking);
  const mode = str(stacking.mode, "none");
  const dash =
    obj(custom.lineStyle).fill === "dash" ? list(obj(custom.lineStyle).dash).map((d) => num(d) ?? 10) : undefined;
  const last = reduce(values, "lastNotNull");
  return {
    key: `${frame.refId}/${name}/${JSON.stringify(f.labels)}`,
    name,
    color: obj(custom).lineColor
      ? resolveColor(str(custom.lineColor))
      : seriesColor(f.config, index, name, last, colorKey),
    values,
    drawn: mirrored ? values.map((v) => (v === null ? null : -v)) : values,
    forecast: false,
    style,
    width: num(custom.lineWidth) ?? 1,
    fill: (num(custom.fillOpacity) ?? (style === "bars" ? 60 : 0)) / 100,
    gradient: str(custom.gradientMode, "none") !== "none",
    dash: dash && (dash.length > 0 ? dash : [8, 6]),
    points: (str(custom.showPoints, "auto") as Line["points"]) || "auto",
    pointSize: num(custom.pointSize) ?? 5,
    interpolation: str(custom.lineInterpolation, "linear") as Line["interpolation"],
    spanNulls: custom.spanNulls === true || typeof custom.spanNulls === "number",
    right: custom.axisPlacement === "right",
    unit: str(f.config.unit),
    decimals: num(f.config.decimals),
    config: f.config,
    hiddenInLegend: bool(at(custom, "hideFrom.legend")),
    hiddenInTooltip: bool(at(custom, "hideFrom.tooltip")),
    stack: mode === "none" ? "" : `${mode}/${str(stacking.group, "A")}`,
    fillTo: -1,
    calcs: calcs.map((calc) => ({ calc, value: reduce(values, calc) })),
  };
}

// "Fill below to" names the lower line of a band.
function linkBands(lines: Line[]): void {
  for (const l of lines) {
    const to = str(at(l.config, "custom.fillBelowTo"));
    if (to) l.fillTo = lines.findIndex((o) => o.name === to);
  }
}

// Each line of a group stands on the sum of those before it; nothing counts as 0. Bars reach down
// to 0 and are drawn over each other: there the first is the top one, the tallest, drawn first.
function stack(lines: Line[]): void {
  for (const group of new Set(lines.map((l) => l.stack).filter(Boolean))) {
    const members = lines.filter((l) => l.stack === group);
    const length = members[0]!.values.length;
    const sum = (i: number) => members.reduce((total, l) => total + Math.abs(l.values[i] ?? 0), 0);
    const scale = Array.from({ length }, (_, i) => (group.startsWith("percent") ? 100 / (sum(i) || 1) : 1));
    const base = new Array<number>(length).fill(0);
    const order = members[0]!.style === "bars" ? [...members].reverse() : members;
    for (const l of order) {
      l.drawn = l.drawn.map((v, i) =>
        v === null && members.every((m) => m.values[i] === null) ? null : (base[i]! += (v ?? 0) * scale[i]!),
      );
    }
  }
}

function axis(config: Json, lines: Line[]): Axis {
  const custom = obj(config.custom);
  const scale = obj(custom.scaleDistribution);
  const percent = lines.some((l) => l.stack.startsWith("percent"));
  return {
    label: str(custom.axisLabel),
    unit: percent ? "percent" : str(config.unit),
    decimals: num(config.decimals),
    min: num(config.min),
    max: num(config.max) ?? (percent ? 100 : undefined),
    softMin: num(custom.axisSoftMin),
    softMax: num(custom.axisSoftMax),
    log: scale.type === "log" ? (num(scale.log) ?? 2) : 0,
    hidden: custom.axisPlacement === "hidden",
    config,
  };
}
