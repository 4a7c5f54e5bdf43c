// A chart of the panel model as uPlot's options. Only what shapes it is here; data comes apart.
import uPlot from "uplot";
import { alpha, mix, readableOn } from "../engine/color";
import type { Axis, Chart, Line } from "../engine/viz/series";
import type { Palette } from "../data/theme";
import { axisTexts, timeTexts } from "./axisText";
import { drawEnd, drawThresholds } from "./draw";

export const FONT = '11px "Inter Variable", system-ui, sans-serif';

export interface Hooks {
  moved(u: uPlot): void;
  selected(from: number, to: number): void;
  chart(): Chart; // the newest
  xRange(): [number, number];
}

export function lineColor(color: string, palette: Palette): string {
  return readableOn(color, palette.panel, palette.dark ? 1.8 : 2.1);
}

// What makes a new plot necessary; all else is new data for the same one.
export function shapeOf(chart: Chart, palette: Palette, syncKey: string): string {
  const lines = chart.lines.map((l) => [
    l.key,
    l.color,
    l.style,
    l.width,
    l.fill,
    l.dash,
    l.points,
    l.interpolation,
    l.spanNulls,
    l.right,
    l.stack,
    l.fillTo,
    l.gradient,
  ]);
  const { config: _l, ...left } = chart.left;
  return JSON.stringify([
    lines,
    left,
    chart.right?.unit,
    chart.thresholds,
    chart.end !== undefined,
    palette.dark,
    syncKey,
  ]);
}

export function plotOptions(
  chart: Chart,
  palette: Palette,
  syncKey: string,
  size: { width: number; height: number },
  hooks: Hooks,
): uPlot.Options {
  return {
    ...size,
    ms: 1,
    legend: { show: false },
    padding: [8, chart.right ? 0 : 18, 0, 0],
    cursor: {
      sync: { key: syncKey, setSeries: false, scales: ["x", null] },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      focus: { prox: 24 },
    },
    focus: { alpha: 1 },
    scales: {
      x: { time: true, range: () => hooks.xRange() },
      y: yScale(
        chart.left,
        chart.lines.filter((l) => !l.right),
      ),
      ...(chart.right && {
        y2: yScale(
          chart.right,
          chart.lines.filter((l) => l.right),
        ),
      }),
    },
    axes: [
      {
        stroke: palette.muted,
        font: FONT,
        grid: { stroke: palette.grid, width: 1 },
        ticks: { stroke: palette.grid, width: 1, size: 4 },
        gap: 4,
        size: 26,
        space: 64,
        values: (_, splits) => timeTexts(splits),
      },
      valueAxis(chart.left, palette, "y", 3),
      ...(chart.right ? [valueAxis(chart.right, palette, "y2", 1)] : []),
    ],
    series: [{}, ...chart.lines.map((l) => plotSeries(l, palette))],
    bands: bandsOf(chart.lines),
    hooks: {
      setCursor: [(u) => hooks.moved(u)],
      setSelect: [
        (u) => {
          if (u.select.width > 4)
            hooks.selected(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      drawAxes: [(u) => drawThresholds(u, hooks.chart())],
      draw: [(u) => drawEnd(u, hooks.chart(), palette)],
    },
  };
}

function yScale(axis: Axis, lines: Line[]): uPlot.Scale {
  const fromZero = lines.some((l) => l.style === "bars" || l.stack !== "" || l.fill > 0);
  return {
    distr: axis.log > 0 ? 3 : 1,
    log: axis.log === 10 ? 10 : 2,
    range: (_, low, high) => {
      if (low === null || high === null || !Number.isFinite(low)) return [axis.min ?? 0, axis.max ?? 1];
      let min = Math.min(low, axis.softMin ?? low);
      let max = Math.max(high, axis.softMax ?? high);
      if (axis.log > 0) return [axis.min ?? min, axis.max ?? max];
      if (fromZero) {
        min = Math.min(min, 0);
        max = Math.max(max, 0);
      }
      if (min === max) [min, max] = max === 0 ? [0, 1] : [Math.min(0, max * 2), Math.max(0, max * 2)];
      const room = (max - min) * 0.08;
      const paddedMin = min === 0 ? 0 : min > 0 && min - room < 0 ? 0 : min - room;
      return [axis.min ?? paddedMin, axis.max ?? (max === 0 ? 0 : max + room)];
    },
  };
}

function valueAxis(axis: Axis, palette: Palette, scale: string, side: uPlot.Axis.Side): uPlot.Axis {
  return {
    scale,
    side,
    show: !axis.hidden,
    stroke: palette.muted,
    font: FONT,
    grid: { show: side === 3, stroke: palette.grid, width: 1 },
    ticks: { show: false },
    gap: 6,
    space: 28,
    label: axis.label || undefined,
    labelFont: FONT,
    labelSize: 18,
    size: (_, values) =>
      values?.length ? Math.min(110, 14 + 6.3 * Math.max(...values.map((v) => v?.length ?? 0))) : 34,
    values: (_, splits) => axisTexts(splits, axis.unit, axis.decimals),
    ...(/^(bytes|bits|binBps|binbps|[kmgtp]bytes|[KMGTP]i(Bs|bits))$/.test(axis.unit) && { incrs: BINARY_STEPS }),
  };
}

// Steps of sizes that count in powers of two.
const BINARY_STEPS = Array.from({ length: 56 }, (_, i) => 2 ** (i - 4));

function plotSeries(line: Line, palette: Palette): uPlot.Series {
  const color = lineColor(line.color, palette);
  const bars = line.style === "bars";
  return {
    label: line.name,
    scale: line.right ? "y2" : "y",
    stroke: color,
    width: line.style === "points" ? 0 : line.width,
    dash: line.dash,
    fill: line.fill > 0 ? (bars && line.stack ? mix(palette.panel, color, line.fill) : fillOf(color, line)) : undefined,
    spanGaps: line.spanNulls,
    paths:
      line.style === "points" ? () => null : bars ? uPlot.paths.bars!({ size: [0.8, 48], radius: 0.08 }) : pathOf(line),
    points: {
      show:
        line.style === "points" || line.points === "always"
          ? true
          : line.points === "never" || bars
            ? false
            : undefined,
      size: line.pointSize,
      fill: color,
    },
  };
}

function pathOf(line: Line): uPlot.Series.PathBuilder {
  if (line.interpolation === "smooth") return uPlot.paths.spline!();
  if (line.interpolation === "stepAfter") return uPlot.paths.stepped!({ align: 1 });
  if (line.interpolation === "stepBefore") return uPlot.paths.stepped!({ align: -1 });
  return uPlot.paths.linear!();
}

function fillOf(color: string, line: Line): uPlot.Series.Fill {
  if (!line.gradient) return alpha(color, line.fill);
  return (u) => {
    const { top, height } = u.bbox;
    if (!Number.isFinite(top) || height <= 0) return alpha(color, line.fill);
    const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
    gradient.addColorStop(0, alpha(color, Math.min(1, line.fill * 1.4)));
    gradient.addColorStop(1, alpha(color, line.fill * 0.1));
    return gradient;
  };
}

// Stacked lines fill down to the one they stand on; bands to the line they name.
function bandsOf(lines: Line[]): uPlot.Band[] {
  const bands: uPlot.Band[] = [];
  const below = new Map<string, number>();
  lines.forEach((line, i) => {
    if (line.stack) {
      const under = below.get(line.stack);
      if (under !== undefined && line.fill > 0 && line.style === "line") bands.push({ series: [i + 1, under + 1] });
      below.set(line.stack, i);
    } else if (line.fillTo >= 0) {
      bands.push({ series: [i + 1, line.fillTo + 1] });
    }
  });
  return bands;
}
