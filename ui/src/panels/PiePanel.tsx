import { useMemo, useState } from "react";
import { at, str, strings } from "../engine/json";
import { shownText } from "../engine/display";
import { singleValues, type Value } from "../engine/viz/values";
import { usePalette } from "../data/theme";
import { lineColor } from "../chart/options";
import { useSize } from "../widgets/useSize";
import { NoData } from "./NoData";
import type { PanelProps } from "./props";

export function PiePanel({ panel, title, data }: PanelProps) {
  const [box, size] = useSize();
  const palette = usePalette();
  const [hover, setHover] = useState("");
  const slices = useMemo(() => {
    const all = singleValues(data.frames, { ...panel.options }).filter((v) => v.value !== null && v.value > 0);
    return all.sort((a, b) => (str(panel.options.sort, "desc") === "asc" ? a.value! - b.value! : b.value! - a.value!));
  }, [data, panel]);
  const total = slices.reduce((sum, s) => sum + s.value!, 0);
  const pie = str(panel.options.pieType) === "pie";
  const labels = strings(panel.options.displayLabels);
  const legend = at(panel.options, "legend.showLegend") !== false;
  if (slices.length === 0) return <NoData />;
  let turned = 0;
  const arcs = slices.map((slice) => {
    const share = slice.value! / total;
    const arc = { slice, share, from: turned };
    turned += share;
    return arc;
  });
  const beside = size.width > size.height * 1.15;
  const description = arcs.map((a) => `${a.slice.name} ${percent(a.share)}`).join(", ");
  const active = arcs.find((a) => a.slice.key === hover);
  return (
    <div className={`pie ${beside ? "pie-beside" : "pie-above"}`} ref={box}>
      <svg viewBox="-52 -52 104 104" role="img" aria-label={`${title || "Shares"}: ${description}`}>
        {arcs.map((a) => (
          <path
            key={a.slice.key}
            d={ring(a.from, a.share, pie ? 0 : 31, 48)}
            fill={lineColor(a.slice.color, palette)}
            stroke={palette.panel}
            strokeWidth={arcs.length > 1 ? 1 : 0}
            opacity={hover && hover !== a.slice.key ? 0.35 : 1}
            onMouseEnter={() => setHover(a.slice.key)}
            onMouseLeave={() => setHover("")}
          >
            <title>{`${a.slice.name}: ${shownText(a.slice.shown)} (${percent(a.share)})`}</title>
          </path>
        ))}
        {labels.length > 0 &&
          pie &&
          arcs.filter((a) => a.share > 0.05).map((a) => <Label key={a.slice.key} arc={a} labels={labels} />)}
        {!pie && (
          <text textAnchor="middle" className="pie-center">
            <tspan x="0" dy="-0.1em">
              {percent((active ?? arcs[0]!).share)}
            </tspan>
            <tspan x="0" dy="1.5em" className="pie-center-name">
              {(active ?? arcs[0]!).slice.name.slice(0, 16)}
            </tspan>
          </text>
        )}
      </svg>
      {legend && (
        <ul className="pie-legend">
          {arcs.map((a) => (
            <li
              key={a.slice.key}
              data-name={a.slice.name}
              onMouseEnter={() => setHover(a.slice.key)}
              onMouseLeave={() => setHover("")}
            >
              <i className="swatch" style={{ background: lineColor(a.slice.color, palette) }} />
              <span className="pie-name" title={a.slice.name}>
                {a.slice.name}
              </span>
              <span className="pie-value">{shownText(a.slice.shown)}</span>
              <b>{percent(a.share)}</b>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Label({ arc, labels }: { arc: { slice: Value; share: number; from: number }; labels: string[] }) {
  const angle = (arc.from + arc.share / 2) * 2 * Math.PI;
  const text = labels
    .map((l) => (l === "name" ? arc.slice.name : l === "percent" ? percent(arc.share) : shownText(arc.slice.shown)))
    .join(" ");
  return (
    <text x={Math.sin(angle) * 34} y={-Math.cos(angle) * 34} textAnchor="middle" className="pie-label">
      {text}
    </text>
  );
}

function percent(share: number): string {
  const p = share * 100;
  return `${p >= 99.95 || p === 0 ? p.toFixed(0) : p < 10 ? p.toFixed(1) : p.toFixed(p > 90 ? 1 : 0)}%`;
}

function ring(from: number, share: number, inner: number, outer: number): string {
  const end = from + Math.min(share, 0.99999);
  const p = (turn: number, r: number) =>
    `${(Math.sin(turn * 2 * Math.PI) * r).toFixed(3)} ${(-Math.cos(turn * 2 * Math.PI) * r).toFixed(3)}`;
  const large = share > 0.5 ? 1 : 0;
  const back = inner === 0 ? "L0 0" : `L${p(end, inner)}A${inner} ${inner} 0 ${large} 0 ${p(from, inner)}`;
  return `M${p(from, outer)}A${outer} ${outer} 0 ${large} 1 ${p(end, outer)}${back}Z`;
}
