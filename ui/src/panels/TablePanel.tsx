import { useMemo, useState } from "react";
import { alpha, filled, readableOn } from "../engine/color";
import { shownText } from "../engine/display";
import { CLASSIC } from "../engine/color";
import { cellShown, sortRows, tableOf, type Column } from "../engine/viz/table";
import type { Cell } from "../engine/frames";
import { usePalette } from "../data/theme";
import { Icon } from "../widgets/Icon";
import { NoData } from "./NoData";
import type { PanelProps } from "./props";
import { TraceList } from "./TraceList";
import { LogList } from "./LogList";

export function TablePanel(props: PanelProps) {
  const { data } = props;
  if (data.hasTraces && data.frames.length === 0) return <TraceList traces={data.traces} compact />;
  if (data.hasLogs && data.frames.length === 0) return <LogList rows={data.logs} compact />;
  return <DataTable {...props} />;
}

function DataTable({ panel, title, data }: PanelProps) {
  const table = useMemo(() => tableOf(data.frames, panel.options), [data, panel]);
  const [sort, setSort] = useState<{ column: string; descending: boolean }>();
  const initial =
    table.initialSort &&
    table.columns.find((c) => c.name === table.initialSort!.column || c.field.name === table.initialSort!.column);
  const by = sort ?? (initial && { column: initial.key, descending: table.initialSort!.descending });
  const rows = useMemo(
    () => (by ? sortRows(table, by.column, by.descending) : table.rows),
    [table, by?.column, by?.descending],
  );
  if (table.columns.length === 0 || rows.length === 0) return <NoData />;
  const toggle = (c: Column) =>
    setSort({ column: c.key, descending: by?.column === c.key ? !by.descending : c.field.type === "number" });
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={title || "Table"}>
      <table className="data-table">
        {table.header && (
          <thead>
            <tr>
              {table.columns.map((c) => (
                <th
                  key={c.key}
                  scope="col"
                  className={c.align}
                  style={c.width ? { width: c.width } : undefined}
                  aria-sort={by?.column === c.key ? (by.descending ? "descending" : "ascending") : undefined}
                >
                  <button type="button" onClick={() => toggle(c)}>
                    {c.name}
                    {by?.column === c.key && (
                      <span className={by.descending ? "sort" : "sort up"}>
                        <Icon name="down" size={10} />
                      </span>
                    )}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              {table.columns.map((c) => (
                <DataCell key={c.key} column={c} value={c.field.values[row] ?? null} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.hidden > 0 && <p className="note">{table.hidden} more rows are not shown</p>}
    </div>
  );
}

function DataCell({ column, value }: { column: Column; value: Cell }) {
  const palette = usePalette();
  const shown = cellShown(column, value);
  const text = shownText(shown);
  const color = shown.color;
  if (column.cell === "background" && color && (value !== null || shown.mapped)) {
    // A word of a mapping stands out; a plain number is only tinted.
    const surface = shown.mapped
      ? filled(color, palette.dark ? 0.2 : 0.1)
      : { background: alpha(color, 0.25), text: undefined };
    return (
      <td className={column.align}>
        <span className="cell-fill" style={{ background: surface.background, color: surface.text }}>
          {text}
        </span>
      </td>
    );
  }
  if (column.cell === "bar" && typeof value === "number") {
    const share = Math.max(0, Math.min(1, (value - column.min) / (column.max - column.min || 1)));
    return (
      <td className={`${column.align} cell-bar`}>
        <span className="bar-track">
          <span className="bar" style={{ width: `${share * 100}%`, background: alpha(color ?? CLASSIC[2]!, 0.55) }} />
        </span>
        <span className="bar-text">{text}</span>
      </td>
    );
  }
  const own = (column.cell === "color" || shown.mapped) && color ? readableOn(color, palette.panel) : undefined;
  const faint = text === "" || text === "–";
  return (
    <td className={column.align} style={own ? { color: own } : undefined} title={text.length > 24 ? text : undefined}>
      {faint ? <span className="muted">–</span> : text}
    </td>
  );
}
