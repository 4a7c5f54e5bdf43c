// Transformations that work on rows: joining, merging, grouping, sorting.
import { field, frame, numbers, timeField, type Cell, type Field, type Frame } from "../frames";
import { bool, num, obj, objects, str, strings, type Json } from "../json";
import { displayName } from "../names";
import { calcLabel, reduce } from "../reduce";

// Rows that agree in every column common to all frames become one row.
export function merge(frames: Frame[]): Frame[] {
  const filled = frames.filter((f) => f.length > 0);
  if (filled.length < 2) return filled.length === 0 ? frames.slice(0, 1) : filled;
  const named = filled.map((f) => f.fields.map((x) => ({ x, name: columnName(x, filled) })));
  const keys = named[0]!
    .filter(({ x, name }) => x.type !== "number" && named.every((n) => n.some((o) => o.name === name)))
    .map((k) => k.name);
  const columns = new Map<string, { proto: Field; values: Map<string, Cell> }>();
  const order: string[] = [];
  const seen = new Set<string>();
  filled.forEach((f, index) => {
    for (let row = 0; row < f.length; row++) {
      const id = JSON.stringify(keys.map((k) => named[index]!.find((n) => n.name === k)!.x.values[row]));
      if (!seen.has(id)) {
        seen.add(id);
        order.push(id);
      }
      for (const { x, name } of named[index]!) {
        let column = columns.get(name);
        if (!column) columns.set(name, (column = { proto: x, values: new Map() }));
        if (!column.values.has(id)) column.values.set(id, x.values[row]!);
      }
    }
  });
  const fields = [...columns].map(([name, { proto, values }]) => ({
    ...proto,
    name,
    values: order.map((id) => values.get(id) ?? null),
  }));
  return [frame(filled[0]!.refId, "table", fields)];
}

function columnName(x: Field, frames: Frame[]): string {
  return x.type === "number" ? displayName(x, frames) : x.name;
}

// Full outer join on one column, the time unless named otherwise.
export function joinByField(frames: Frame[], options: Json): Frame[] {
  const by = str(options.byField);
  const keyOf = (f: Frame) => (by ? f.fields.find((x) => x.name === by || x.source === by) : timeField(f));
  const joinable = frames.filter((f) => keyOf(f) && f.length > 0);
  if (joinable.length < 2) return joinable.length === 0 ? frames : joinable;
  const inner = options.mode === "inner";
  const keys = [...new Set(joinable.flatMap((f) => keyOf(f)!.values))]
    .filter((k) => !inner || joinable.every((f) => keyOf(f)!.values.includes(k)))
    .sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))));
  const key = keyOf(joinable[0]!)!;
  const columns = joinable.flatMap((f) => {
    const index = new Map(keyOf(f)!.values.map((v, i) => [v, i]));
    return f.fields
      .filter((x) => x !== keyOf(f))
      .map((x) => ({
        ...x,
        source: x.source ?? displayName(x, frames),
        values: keys.map((k) => (index.has(k) ? x.values[index.get(k)!]! : null)),
      }));
  });
  return [frame(joinable[0]!.refId, "table", [{ ...key, values: keys }, ...columns])];
}

export function sortBy(frames: Frame[], options: Json): Frame[] {
  const rule = objects(options.sort)[0];
  if (!rule) return frames;
  return frames.map((f) => sortFrame(f, str(rule.field), bool(rule.desc), frames));
}

export function sortFrame(f: Frame, name: string, descending: boolean, frames: Frame[]): Frame {
  const by = f.fields.find((x) => x.name === name || displayName(x, frames) === name);
  if (!by) return f;
  const order = Array.from({ length: f.length }, (_, i) => i);
  order.sort((a, b) => (descending ? -1 : 1) * compareCells(by.values[a]!, by.values[b]!));
  return pick(f, order);
}

export function compareCells(a: Cell, b: Cell): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") return a - b || 0;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

export function pick(f: Frame, rows: number[]): Frame {
  return frame(
    f.refId,
    f.kind,
    f.fields.map((x) => ({ ...x, values: rows.map((r) => x.values[r]!) })),
  );
}

export function limit(frames: Frame[], options: Json): Frame[] {
  const n = num(options.limitField) ?? 10;
  return frames.map((f) =>
    pick(
      f,
      Array.from({ length: Math.min(n, f.length) }, (_, i) => i),
    ),
  );
}

export function groupBy(frames: Frame[], options: Json): Frame[] {
  const rules = obj(options.fields);
  return frames.map((f) => {
    const rule = (x: Field) => obj(rules[x.name] ?? rules[displayName(x, frames)]);
    const by = f.fields.filter((x) => rule(x).operation === "groupby");
    if (by.length === 0) return f;
    const groups = new Map<string, number[]>();
    for (let row = 0; row < f.length; row++) {
      const id = JSON.stringify(by.map((x) => x.values[row]));
      groups.set(id, [...(groups.get(id) ?? []), row]);
    }
    const rows = [...groups.values()];
    const made = f.fields
      .filter((x) => rule(x).operation === "aggregate")
      .flatMap((x) =>
        strings(rule(x).aggregations).map((calc) => {
          const values = numbers(x);
          const column = field(
            `${displayName(x, frames)} (${calc})`,
            "number",
            rows.map((r) =>
              reduce(
                r.map((i) => values[i]!),
                calc,
              ),
            ),
          );
          return { ...column, config: x.config };
        }),
      );
    return frame(f.refId, "table", [...by.map((x) => ({ ...x, values: rows.map((r) => x.values[r[0]!]!) })), ...made]);
  });
}

// Every series one row: its name and what each reducer makes of it.
export function reduceFrames(frames: Frame[], options: Json): Frame[] {
  const calcs = strings(options.reducers).length > 0 ? strings(options.reducers) : ["max"];
  const columns = frames.flatMap((f) => f.fields.filter((x) => x.type === "number"));
  const labels = bool(options.labelsToFields) ? [...new Set(columns.flatMap((x) => Object.keys(x.labels)))] : [];
  return [
    frame("reduce", "table", [
      field(
        "Field",
        "string",
        columns.map((x) => displayName(x, frames)),
      ),
      ...labels.map((l) =>
        field(
          l,
          "string",
          columns.map((x) => x.labels[l] ?? ""),
        ),
      ),
      ...calcs.map((calc) =>
        field(
          calcLabel(calc),
          "number",
          columns.map((x) => reduce(numbers(x), calc)),
        ),
      ),
    ]),
  ];
}

export function labelsToFields(frames: Frame[], options: Json): Frame[] {
  const keep = strings(options.keepLabels);
  return frames.map((f) => {
    const labels = Object.assign({}, ...f.fields.map((x) => x.labels)) as Record<string, string>;
    const keys = Object.keys(labels).filter((k) => k !== "__name__" && (keep.length === 0 || keep.includes(k)));
    const rows = Array.from({ length: f.length });
    return frame(f.refId, "table", [
      ...f.fields.filter((x) => x.type === "time"),
      ...keys.map((k) =>
        field(
          k,
          "string",
          rows.map(() => labels[k]!),
        ),
      ),
      ...f.fields.filter((x) => x.type !== "time").map((x) => ({ ...x, labels: {} })),
    ]);
  });
}

export function seriesToRows(frames: Frame[]): Frame[] {
  const rows = frames.flatMap((f) => {
    const time = timeField(f);
    return f.fields
      .filter((x) => x.type === "number")
      .flatMap((x) => numbers(x).map((v, i) => ({ t: time?.values[i] ?? null, name: displayName(x, frames), v })));
  });
  return [
    frame("rows", "table", [
      field(
        "Time",
        "time",
        rows.map((r) => r.t),
      ),
      field(
        "Metric",
        "string",
        rows.map((r) => r.name),
      ),
      field(
        "Value",
        "number",
        rows.map((r) => r.v),
      ),
    ]),
  ];
}
