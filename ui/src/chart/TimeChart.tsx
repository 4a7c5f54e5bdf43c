import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Chart } from "../engine/viz/series";
import { usePalette } from "../data/theme";
import { useSize } from "../widgets/useSize";
import { plotOptions, shapeOf, type Hooks } from "./options";
import { Tooltip, type Hover } from "./Tooltip";

interface Props {
  chart: Chart;
  hidden: Set<string>; // keys of lines that the legend switched off
  range: [number, number];
  label: string;
  syncKey: string;
  onZoom(from: number, to: number): void;
}

// One uPlot that lives as long as its shape; a tick is only new data.
export function TimeChart({ chart, hidden, range, label, syncKey, onZoom }: Props) {
  const [box, size] = useSize();
  const palette = usePalette();
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef({ chart, range, onZoom });
  latest.current = { chart, range, onZoom };
  const [hover, setHover] = useState<Hover>();
  const over = useRef(false);
  const shape = shapeOf(chart, palette, syncKey);
  const data = useMemo(() => [chart.times, ...chart.lines.map((l) => l.drawn)] as uPlot.AlignedData, [chart]);
  const ready = size.width > 20 && size.height > 20;

  useLayoutEffect(() => {
    if (!box.current || !ready) return;
    const hooks: Hooks = {
      chart: () => latest.current.chart,
      xRange: () => latest.current.range,
      selected: (from, to) => latest.current.onZoom(from, to),
      moved: (u) => {
        const { idx, left, top } = u.cursor;
        if (!over.current || idx === null || idx === undefined || (left ?? -1) < 0) setHover(undefined);
        else setHover({ index: idx, left: left! + u.over.offsetLeft, top: (top ?? 0) + u.over.offsetTop });
      },
    };
    const u = new uPlot(plotOptions(latest.current.chart, palette, syncKey, size, hooks), data, box.current);
    u.over.addEventListener("mouseenter", () => (over.current = true));
    u.over.addEventListener("mouseleave", () => {
      over.current = false;
      setHover(undefined);
    });
    plot.current = u;
    return () => {
      plot.current = undefined;
      u.destroy();
    };
    // A new plot for a new shape only.
  }, [shape, ready]);

  useEffect(() => {
    if (ready) plot.current?.setSize(size);
  }, [size, ready]);

  useEffect(() => {
    const u = plot.current;
    if (!u) return;
    u.setData(data, false);
    u.batch(() => {
      u.setScale("x", { min: range[0], max: range[1] });
      chart.lines.forEach((l, i) => {
        const show = !hidden.has(l.forecast ? l.key.slice(0, -"/forecast".length) : l.key);
        if (u.series[i + 1] && u.series[i + 1]!.show !== show) u.setSeries(i + 1, { show }, false);
      });
    });
  }, [data, range[0], range[1], hidden, shape]);

  const onKeyDown = (event: KeyboardEvent) => {
    const u = plot.current;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") setHover(undefined);
    if (!u || !step) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(chart.times.length - 1, (hover?.index ?? chart.times.length) + step));
    over.current = true;
    u.setCursor({ left: u.valToPos(chart.times[index]!, "x"), top: u.over.clientHeight / 3 });
  };
  return (
    <div
      className="chart"
      ref={box}
      role="img"
      aria-label={label}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onBlur={() => {
        over.current = false;
        setHover(undefined);
      }}
    >
      {hover && <Tooltip chart={chart} hover={hover} hidden={hidden} width={size.width} height={size.height} />}
    </div>
  );
}
