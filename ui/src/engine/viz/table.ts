// Frames to the rows and columns of a table.
import { show, type Shown } from "../display";
import { field, frame, numbers, type Cell, type Field, type Frame } from "../frames";
import { at, bool, num, obj, objects, str, type Json } from "../json";
import { displayName } from "../names";
import { reduce } from "../reduce";
import { compareCells } from "../transforms/rows";
import { extent } from "./values";

export interface Column {
  key: string;
  name: string;
  field: Field;
  align: "left" | "right" | "center";
  width?: number;
  cell: "text" | "color" | "background" | "bar" | "json";
  min: number;
  max: number;
}
export interface Table {
  columns: Column[];
  rows: number[]; // order
  hidden: number; // rows over the limit
  header: boolean;
  initialSort?: { column: string; descending: boolean };
}

const ROWS_MAX = 1000;

// Several series make one table: a column for each label that differs, and the last value.
// A single one with its own points stays a list of them.
export function tableOf(frames: Frame[], options: Json): Table {
  const series = frames.filter((f) => f.kind === "series");
  const one =
    series.length > 1 || (series.length === 1 && series[0]!.length === 1)
      ? labelsToColumns(series)
      : (frames[num(options.frameIndex) ?? 0] ?? frames[0]);
  if (!one) return { columns: [], rows: [], hidden: 0, header: true };
  const shownFrames = [one];
  const columns = one.fields
    .filter((f) => !bool(at(f.config, "custom.hidden")) && !bool(at(f.config, "custom.hideFrom.viz")))
    .map((f, index) => column(f, index, shownFrames));
  const sort = objects(options.sortBy)[0];
  const initialSort = sort
    ? { column: str(sort.displayName), descending: bool(sort.desc) }
    : series.length > 1
      ? { column: columns.at(-1)?.name ?? "", descending: true }
      : undefined;
  const rows = Array.from({ length: Math.min(one.length, ROWS_MAX) }, (_, i) => i);
  return {
    columns,
    rows,
    hidden: Math.max(0, one.length - ROWS_MAX),
    header: options.showHeader !== false,
    initialSort,
  };
}

function labelsToColumns(series: Frame[]): Frame {
  const values = series.flatMap((f) => f.fields.filter((x) => x.type === "number").map((x) => ({ x, f })));
  const keys = [...new Set(values.flatMap(({ x }) => Object.keys(x.labels)))].filter((k) => k !== "__name__").sort();
  const refs = [...new Set(series.map((f) => f.refId))];
  const identity = (x: Field) => JSON.stringify(keys.map((k) => x.labels[k] ?? ""));
  const ids = [...new Set(values.map(({ x }) => identity(x)))];
  const first = new Map(values.map(({ x }) => [identity(x), x]));
  const labels = keys.map((k) =>
    field(
      k,
      "string",
      ids.map((id) => first.get(id)!.labels[k] ?? ""),
    ),
  );
  const named =
    keys.length > 0
      ? labels
      : [
          field(
            "Series",
            "string",
            ids.map((id) => first.get(id)!.source ?? first.get(id)!.name),
          ),
        ];
  const columns = refs.map((ref) => {
    const of = new Map(values.filter(({ f }) => f.refId === ref).map(({ x }) => [identity(x), x]));
    const proto = [...of.values()][0];
    const cells = ids.map((id) => (of.has(id) ? reduce(numbers(of.get(id)!), "lastNotNull") : null));
    return { ...field(refs.length > 1 ? `Value #${ref}` : "Value", "number", cells), config: proto?.config ?? {} };
  });
  return frame(refs[0]!, "table", [...named, ...columns]);
}

function column(f: Field, index: number, frames: Frame[]): Column {
  const custom = obj(f.config.custom);
  const cell = str(at(custom, "cellOptions.type")) || str(custom.displayMode);
  const kind: Column["cell"] = /background/.test(cell)
    ? "background"
    : /gauge|lcd/.test(cell)
      ? "bar"
      : /^color-text/.test(cell)
        ? "color"
        : /json/.test(cell)
          ? "json"
          : "text";
  const [low, high] = f.type === "number" ? extent([f]) : [0, 100];
  const align = str(custom.align);
  return {
    key: `${index}/${f.name}`,
    name: displayName(f, frames),
    field: f,
    align: align === "left" || align === "right" || align === "center" ? align : f.type === "number" ? "right" : "left",
    width: num(custom.width),
    cell: kind,
    min: num(f.config.min) ?? Math.min(0, low),
    max: num(f.config.max) ?? high,
  };
}

export function sortRows(table: Table, columnKey: string, descending: boolean): number[] {
  const by = table.columns.find((c) => c.key === columnKey);
  if (!by) return table.rows;
  return [...table.rows].sort((a, b) => (descending ? -1 : 1) * compareCells(by.field.values[a]!, by.field.values[b]!));
}

export function cellShown(c: Column, value: Cell): Shown {
  if (c.field.type === "time" && typeof value === "number") {
    return {
      text: show(value, { unit: str(c.field.config.unit) || "dateTimeAsIso" }).text,
      prefix: "",
      suffix: "",
      mapped: false,
    };
  }
  return show(value, { noValue: "–", ...c.field.config }, c.min, c.max);
}
