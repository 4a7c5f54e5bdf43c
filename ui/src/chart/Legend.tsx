import type { MouseEvent } from "react";
import { calcLabel } from "../engine/reduce";
import { formatValue } from "../engine/units/units";
import type { Chart, Line } from "../engine/viz/series";
import { usePalette } from "../data/theme";
import { lineColor } from "./options";

interface Props {
  chart: Chart;
  hidden: Set<string>;
  onHidden(hidden: Set<string>): void;
}

export function Legend({ chart, hidden, onHidden }: Props) {
  const palette = usePalette();
  const lines = chart.lines.filter((l) => !l.forecast && !l.hiddenInLegend);
  const { table, calcs } = chart.legend;

  // A click shows one alone (again: all); with Ctrl or Shift it switches just that one.
  const onClick = (line: Line) => (event: MouseEvent) => {
    const next = new Set(hidden);
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      if (!next.delete(line.key)) next.add(line.key);
    } else {
      const others = lines.filter((l) => l.key !== line.key);
      const alone = !hidden.has(line.key) && others.length > 0 && others.every((l) => hidden.has(l.key));
      next.clear();
      if (!alone) others.forEach((l) => next.add(l.key));
    }
    onHidden(next);
  };
  const entry = (line: Line) => (
    <button
      type="button"
      className="legend-entry"
      aria-pressed={!hidden.has(line.key)}
      onClick={onClick(line)}
      title={line.name}
    >
      <i className="swatch" style={{ background: lineColor(line.color, palette) }} />
      <span>{line.name}</span>
    </button>
  );
  if (!table) {
    return (
      <ul className="legend">
        {lines.map((line) => (
          <li key={line.key}>
            {entry(line)}
            {line.calcs.map((c) => (
              <span className="legend-calc" key={c.calc}>
                {calcLabel(c.calc)} <b>{formatValue(c.value, line.unit, line.decimals)}</b>
              </span>
            ))}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div className="legend-table">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {calcs.map((c) => (
              <th scope="col" key={c}>
                {calcLabel(c)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key}>
              <td>{entry(line)}</td>
              {line.calcs.map((c) => (
                <td key={c.calc}>{formatValue(c.value, line.unit, line.decimals)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
