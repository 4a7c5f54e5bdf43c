import { useMemo, useState } from "react";
import { forecasts } from "../engine/queries";
import { formatValue } from "../engine/units/units";
import { plainName } from "../engine/viz/forecast";
import { seriesChart, SERIES_MAX, type Chart } from "../engine/viz/series";
import { reduce } from "../engine/reduce";
import { Legend } from "../chart/Legend";
import { TimeChart } from "../chart/TimeChart";
import { NoData } from "./NoData";
import type { PanelProps } from "./props";

export function TimeSeriesPanel({ panel, title, data, range, stepMs, onZoom, syncKey }: PanelProps) {
  const [hidden, setHidden] = useState<Set<string>>(new Set());
  const ahead = useMemo(() => forecasts(panel), [panel]);
  const chart = useMemo(
    () => seriesChart(data.frames, panel.options, ahead, range.to, stepMs),
    [data, panel, ahead, range.to, stepMs],
  );
  if (chart.lines.length === 0) return <NoData />;
  const until = range.to + Math.max(0, ...(chart.end === undefined ? [] : ahead.map((f) => f.aheadMs)));
  return (
    <div className={`timeseries ${chart.legend.right ? "legend-right" : ""}`}>
      <TimeChart
        chart={chart}
        hidden={hidden}
        range={[range.from, until]}
        label={describe(title, chart)}
        syncKey={chart.end === undefined ? syncKey : `${syncKey}/ahead`}
        onZoom={onZoom}
      />
      {chart.legend.show && <Legend chart={chart} hidden={hidden} onHidden={setHidden} />}
      {chart.hidden > 0 && (
        <p className="note">
          {chart.hidden} more series are not drawn (limit {SERIES_MAX})
        </p>
      )}
    </div>
  );
}

// What a reader who cannot see the picture is told.
function describe(title: string, chart: Chart): string {
  const lines = chart.lines.filter((l) => !l.forecast).slice(0, 8);
  const now = lines.map((l) => `${l.name} ${formatValue(reduce(l.values, "lastNotNull"), l.unit, l.decimals)}`);
  const last = chart.lines.filter((l) => l.forecast).slice(0, 8);
  const ahead = chart.end === undefined ? 0 : Math.round((chart.times.at(-1)! - chart.end) / 60_000);
  const then = last.map((l) => `${plainName(l)} ${formatValue(reduce(l.values, "lastNotNull"), l.unit, l.decimals)}`);
  const future = then.length > 0 ? `. ${ahead} min ahead: ${then.join(", ")}` : "";
  return `${title || "Time series"}: ${now.join(", ")}${future}`;
}
