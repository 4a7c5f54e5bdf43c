import { useMemo } from "react";
import { alpha, filled, readableOn } from "../engine/color";
import { str } from "../engine/json";
import { singleValues, type Value } from "../engine/viz/values";
import { usePalette } from "../data/theme";
import { useSize } from "../widgets/useSize";
import { NoData } from "./NoData";
import type { PanelProps } from "./props";
import { Sparkline } from "./Sparkline";

export function StatPanel({ panel, data }: PanelProps) {
  const [box, size] = useSize();
  const values = useMemo(() => singleValues(data.frames, panel.options), [data, panel]);
  const shape = useMemo(
    () => arrange(values, size.width, size.height, str(panel.options.orientation)),
    [values, size, panel],
  );
  return (
    <div className="stats" ref={box} style={{ gridTemplateColumns: `repeat(${shape.columns}, minmax(0, 1fr))` }}>
      {values.length === 0 && <NoData />}
      {values.map((value) => (
        <Stat
          key={value.key}
          value={value}
          panel={panel}
          font={shape.font}
          nameFont={shape.nameFont}
          tight={shape.tight}
          count={values.length}
        />
      ))}
    </div>
  );
}

const WIDTH_MIN = 96; // of one value with others beside it
const HEIGHT_MIN = 54; // below, the panel scrolls

// Columns and one type size for all, so that values can be compared and do not jump between ticks.
function arrange(values: Value[], width: number, height: number, orientation: string) {
  const n = Math.max(1, values.length);
  const gap = 8;
  let best = { columns: 1, font: 10, nameFont: 12, tight: false, score: 0 };
  const longest = Math.max(
    4,
    ...values.map((v) => v.shown.text.length + 0.62 * (v.shown.prefix + v.shown.suffix).length),
  );
  for (
    let columns = 1;
    columns <= Math.min(n, 12, Math.max(1, Math.floor((width + gap) / (WIDTH_MIN + gap))));
    columns++
  ) {
    if (orientation === "horizontal" && columns > 1) break;
    const rows = Math.ceil(n / columns);
    const w = (width - gap * (columns - 1)) / columns - 20;
    const h = Math.max(HEIGHT_MIN, (height - gap * (rows - 1)) / rows);
    const nameFont = h < 60 ? 11 : 12;
    const room = n > 1 ? h - nameFont * 1.35 - 8 : h - 8;
    const font = Math.min(w / (longest * 0.6), room * (h < 70 ? 0.8 : 0.44), 40);
    // A last line that is not full looks torn: only when it makes the numbers much larger.
    const seen = Math.min(1, (columns * Math.max(1, Math.floor((height + gap) / (h + gap)))) / n);
    const score = font * seen * (n % columns === 0 ? 1 : 0.55);
    if (score > best.score + 0.5) best = { columns, font, nameFont, tight: h < 60, score };
  }
  return { ...best, font: Math.max(12, Math.floor(best.font)) };
}

interface StatProps {
  value: Value;
  panel: PanelProps["panel"];
  font: number;
  nameFont: number;
  tight: boolean;
  count: number;
}

function Stat({ value, panel, font, nameFont, tight, count }: StatProps) {
  const palette = usePalette();
  const colorMode = str(panel.options.colorMode, "value");
  const textMode = str(panel.options.textMode, "auto");
  const withName = textMode === "auto" ? count > 1 : textMode === "name" || textMode === "value_and_name";
  const withValue = textMode !== "name" && textMode !== "none";
  const known = value.value !== null || value.shown.mapped;
  const surface =
    colorMode.startsWith("background") && known ? filled(value.color, palette.dark ? 0.22 : 0.12) : undefined;
  const background = surface?.background;
  const color = !known
    ? palette.muted
    : surface
      ? surface.text
      : colorMode === "none"
        ? palette.text
        : readableOn(value.color, palette.panel, 4.5);
  const spark = str(panel.options.graphMode, "area") !== "none" && value.spark;
  const { prefix, text, suffix } = value.shown;
  return (
    <div
      className={`stat ${tight ? "stat-tight" : ""}`}
      data-name={value.name}
      style={background ? { background } : undefined}
      title={value.name}
    >
      {spark && (
        <Sparkline
          times={spark.times}
          values={spark.values}
          color={background ? color : value.color}
          fill={alpha(background ? color : value.color, 0.16)}
        />
      )}
      {withName && (
        <div className="stat-name" style={{ fontSize: nameFont, color: background ? color : undefined }}>
          {value.name}
        </div>
      )}
      {withValue && (
        <div className="stat-value" style={{ fontSize: known ? font : 14, color }}>
          {prefix && <small>{prefix}</small>}
          {text}
          {suffix && <small>{suffix}</small>}
        </div>
      )}
    </div>
  );
}
