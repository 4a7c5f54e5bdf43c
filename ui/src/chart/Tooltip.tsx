import { useLayoutEffect, useRef } from "react";
import { plainName } from "../engine/viz/forecast";
import type { Chart } from "../engine/viz/series";
import { formatValue } from "../engine/units/units";
import { formatTime } from "../engine/time";
import { usePalette } from "../data/theme";
import { lineColor } from "./options";

export interface Hover {
  index: number;
  left: number;
  top: number;
}

const ROWS_MAX = 16;

export function Tooltip({
  chart,
  hover,
  hidden,
  width,
  height,
}: {
  chart: Chart;
  hover: Hover;
  hidden: Set<string>;
  width: number;
  height: number;
}) {
  const palette = usePalette();
  const ref = useRef<HTMLDivElement>(null);
  const time = chart.times[hover.index];
  const future = chart.end !== undefined && time !== undefined && time > chart.end;
  let rows = chart.lines
    .filter((l) => l.forecast === future && !hidden.has(l.key.replace(/\/forecast$/, "")) && !l.hiddenInTooltip)
    .map((l) => ({ line: l, value: l.values[hover.index] ?? null }))
    .filter((r) => r.value !== null);
  if (chart.tooltip.descending) rows.sort((a, b) => b.value! - a.value!);
  if (chart.tooltip.ascending) rows.sort((a, b) => a.value! - b.value!);
  const more = Math.max(0, rows.length - ROWS_MAX);
  rows = rows.slice(0, ROWS_MAX);

  // Placed after it is measured: beside the pointer, inside the window.
  useLayoutEffect(() => {
    const el = ref.current;
    if (!el) return;
    const parent = el.parentElement!.getBoundingClientRect();
    const flip = parent.left + hover.left + el.offsetWidth + 24 > window.innerWidth;
    const x = flip ? hover.left - el.offsetWidth - 14 : hover.left + 14;
    const lowest = window.innerHeight - parent.top - el.offsetHeight - 8;
    const y = Math.min(Math.max(hover.top - 12, -parent.top + 8), lowest);
    el.style.transform = `translate(${Math.round(Math.max(x, 4 - parent.left))}px, ${Math.round(y)}px)`;
  }, [hover, rows.length, width, height]);

  if (chart.tooltip.none || time === undefined) return null;
  return (
    <div className="tooltip" ref={ref} aria-live="polite">
      <div className="tooltip-time">
        {formatTime(time, "full")}
        {future && <em> forecast</em>}
      </div>
      {rows.length === 0 && <div className="tooltip-row muted">no value</div>}
      {rows.map(({ line, value }) => (
        <div className="tooltip-row" key={line.key}>
          <i className="swatch" style={{ background: lineColor(line.color, palette) }} />
          <span className="tooltip-name">{plainName(line)}</span>
          <b>{formatValue(value, line.unit, line.decimals)}</b>
        </div>
      ))}
      {more > 0 && <div className="tooltip-row muted">and {more} more</div>}
    </div>
  );
}
