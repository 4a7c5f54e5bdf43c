// Transformations that work on columns: names, order, visibility, arithmetic.
import { safeRegex } from "../display";
import { field, frame, numbers, type Frame } from "../frames";
import { matches } from "../fields";
import { bool, num, obj, str, strings, type Json } from "../json";
import { displayName } from "../names";
import { reduce } from "../reduce";

export function organize(frames: Frame[], options: Json): Frame[] {
  const hidden = obj(options.excludeByName);
  const kept = obj(options.includeByName);
  const order = obj(options.indexByName);
  const renames = obj(options.renameByName);
  return frames.map((f) => {
    const name = (i: number) => displayName(f.fields[i]!, frames);
    const fields = f.fields
      .map((x, i) => ({ x, i, key: Object.hasOwn(order, x.name) ? x.name : name(i) }))
      .filter(({ x, key }) => !bool(hidden[key]) && !bool(hidden[x.name]))
      .filter(({ key }) => Object.keys(kept).length === 0 || bool(kept[key]))
      .sort((a, b) => (num(order[a.key]) ?? 1e6 + a.i) - (num(order[b.key]) ?? 1e6 + b.i))
      .map(({ x, key }) => {
        const renamed = str(renames[key]) || str(renames[x.name]);
        return renamed ? { ...x, name: renamed, source: renamed, labels: {} } : x;
      });
    return frame(f.refId, f.kind, fields);
  });
}

export function renameByRegex(frames: Frame[], options: Json): Frame[] {
  const regex = safeRegex(str(options.regex));
  if (!regex) return frames;
  return frames.map((f) =>
    frame(
      f.refId,
      f.kind,
      f.fields.map((x) => {
        if (x.type === "time") return x;
        const old = displayName(x, frames);
        const name = old.replace(regex, str(options.renamePattern));
        return name === old ? x : { ...x, name, source: name };
      }),
    ),
  );
}

export function filterFieldsByName(frames: Frame[], options: Json): Frame[] {
  const include = obj(options.include);
  const exclude = obj(options.exclude);
  const names = strings(include.names);
  const pattern = str(include.pattern) ? safeRegex(str(include.pattern)) : undefined;
  const without = str(exclude.pattern) ? safeRegex(str(exclude.pattern)) : undefined;
  const keep = (name: string) =>
    (names.length === 0 && !pattern ? true : names.includes(name) || (pattern?.test(name) ?? false)) &&
    !strings(exclude.names).includes(name) &&
    !without?.test(name);
  return frames
    .map((f) =>
      frame(
        f.refId,
        f.kind,
        f.fields.filter((x) => keep(displayName(x, frames)) || keep(x.name)),
      ),
    )
    .filter((f) => f.fields.length > 0);
}

export function filterByRefId(frames: Frame[], options: Json): Frame[] {
  const regex = safeRegex(`^(${str(options.include) || str(options.exclude)})$`);
  const wanted = str(options.include) !== "";
  return regex ? frames.filter((f) => regex.test(f.refId) === wanted) : frames;
}

const OPERATORS: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "%": (a, b) => a % b,
};

export function calculateField(frames: Frame[], options: Json): Frame[] {
  return frames.map((f) => {
    const made =
      options.mode === "binary" ? binary(f, frames, obj(options.binary)) : reduceRow(f, frames, obj(options.reduce));
    if (!made) return f;
    const column = field(str(options.alias) || made.name, "number", made.values);
    column.source = column.name;
    const keep = bool(options.replaceFields) ? f.fields.filter((x) => x.type === "time") : f.fields;
    return frame(f.refId, f.kind, [...keep, column]);
  });
}

function binary(f: Frame, frames: Frame[], options: Json) {
  const operand = (side: unknown): ((row: number) => number | null) | undefined => {
    const fixed = num(obj(side).fixed ?? side);
    const matcher = obj(obj(side).matcher);
    const name = str(side) || str(matcher.options);
    const found = f.fields.find((x) => x.type === "number" && (x.name === name || displayName(x, frames) === name));
    if (found) return (row) => numbers(found)[row] ?? null;
    return fixed === undefined ? undefined : () => fixed;
  };
  const operator = str(options.operator, "+");
  const [a, b] = [operand(options.left), operand(options.right)];
  const apply = OPERATORS[operator];
  if (!a || !b || !apply) return undefined;
  const values = Array.from({ length: f.length }, (_, row) => {
    const [x, y] = [a(row), b(row)];
    return x === null || y === null ? null : apply(x, y);
  });
  return { name: `${str(options.left)} ${operator} ${str(options.right)}`, values };
}

function reduceRow(f: Frame, frames: Frame[], options: Json) {
  const include = strings(options.include);
  const columns = f.fields
    .filter(
      (x) =>
        x.type === "number" &&
        (include.length === 0 || include.some((n) => matches({ id: "byName", options: n }, x, f, frames))),
    )
    .map(numbers);
  if (columns.length === 0) return undefined;
  const calc = str(options.reducer, "sum");
  return {
    name: calc,
    values: Array.from({ length: f.length }, (_, row) =>
      reduce(
        columns.map((c) => c[row] ?? null),
        calc,
      ),
    ),
  };
}
