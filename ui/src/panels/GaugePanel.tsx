import { useMemo } from "react";
import { readThresholds, shownText } from "../engine/display";
import { readableOn, alpha } from "../engine/color";
import { singleValues, type Value } from "../engine/viz/values";
import { usePalette } from "../data/theme";
import { NoData } from "./NoData";
import type { PanelProps } from "./props";

const share = (v: Value, x: number) => Math.max(0, Math.min(1, (x - v.min) / (v.max - v.min || 1)));

export function GaugePanel({ panel, data }: PanelProps) {
  const palette = usePalette();
  const values = useMemo(() => withPercentBounds(singleValues(data.frames, panel.options)), [data, panel]);
  if (values.length === 0) return <NoData />;
  return (
    <div className="gauges">
      {values.map((v) => (
        <figure key={v.key} className="gauge" data-name={v.name}>
          <svg viewBox="0 0 100 62" role="img" aria-label={`${v.name}: ${shownText(v.shown)}`}>
            <path d={arc(0, 1, 40)} fill="none" stroke={palette.grid} strokeWidth="9" />
            {v.value !== null && (
              <path d={arc(0, share(v, v.value), 40)} fill="none" stroke={v.color} strokeWidth="9" />
            )}
            {readThresholds(v.config)
              .steps.filter((s) => Number.isFinite(s.value))
              .map((s) => (
                <path
                  key={s.value}
                  d={arc(share(v, s.value), 1, 46.5)}
                  fill="none"
                  stroke={alpha(s.color, 0.8)}
                  strokeWidth="2"
                />
              ))}
            <text
              x="50"
              y="52"
              textAnchor="middle"
              className="gauge-value"
              fill={readableOn(v.color, palette.panel, 3.6)}
            >
              {shownText(v.shown)}
            </text>
          </svg>
          {values.length > 1 && <figcaption>{v.name}</figcaption>}
        </figure>
      ))}
    </div>
  );
}

export function BarGaugePanel({ panel, data }: PanelProps) {
  const values = useMemo(() => withPercentBounds(singleValues(data.frames, panel.options)), [data, panel]);
  if (values.length === 0) return <NoData />;
  return (
    <div className="bar-gauges table-scroll" tabIndex={0} role="region" aria-label="Bars">
      {values.map((v) => (
        <div key={v.key} className="bar-gauge" data-name={v.name}>
          <span className="bar-gauge-name" title={v.name}>
            {v.name}
          </span>
          <span className="bar-track">
            <span
              className="bar"
              style={{ width: `${share(v, v.value ?? v.min) * 100}%`, background: alpha(v.color, 0.75) }}
            />
          </span>
          <b>{shownText(v.shown)}</b>
        </div>
      ))}
    </div>
  );
}

// A gauge without bounds ends at 100, as percentages do, or higher where values are.
function withPercentBounds(values: Value[]): Value[] {
  return values.map((v) =>
    v.config.max === undefined && String(v.config.unit ?? "").startsWith("percent")
      ? { ...v, max: v.config.unit === "percentunit" ? 1 : 100 }
      : v,
  );
}

// Along a half circle: 0 is left, 1 right.
function arc(from: number, to: number, r: number): string {
  const p = (s: number) =>
    `${(50 - Math.cos(s * Math.PI) * r).toFixed(2)} ${(52 - Math.sin(s * Math.PI) * r).toFixed(2)}`;
  return `M${p(from)}A${r} ${r} 0 0 1 ${p(Math.max(to, from + 0.0001))}`;
}
