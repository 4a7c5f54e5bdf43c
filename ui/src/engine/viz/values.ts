// Frames to single values: for stat, gauge, bar gauge and pie.
import { show, seriesColor, safeRegex, type Shown } from "../display";
import { numbers, timeField, type Field, type Frame } from "../frames";
import { at, bool, num, obj, str, strings, type Json } from "../json";
import { displayName } from "../names";
import { reduce } from "../reduce";

export interface Value {
  key: string;
  name: string;
  value: number | null;
  shown: Shown;
  color: string;
  min: number;
  max: number;
  config: Json;
  spark?: { times: number[]; values: (number | null)[] };
}

const VALUES_MAX = 200;

export function singleValues(frames: Frame[], options: Json): Value[] {
  const reduceOptions = obj(options.reduceOptions);
  const calc = strings(reduceOptions.calcs)[0] ?? "lastNotNull";
  const wanted = str(reduceOptions.fields);
  const regex = wanted.startsWith("/") ? safeRegex(wanted) : undefined;
  const chosen = (f: Field) =>
    wanted === ""
      ? f.type === "number"
      : regex
        ? regex.test(displayName(f, frames)) || regex.test(f.name)
        : displayName(f, frames) === wanted || f.name === wanted;
  const fields = frames
    .flatMap((frame) => frame.fields.filter(chosen).map((f) => ({ f, frame })))
    .filter(({ f }) => !bool(at(f.config, "custom.hidden")));
  const [low, high] = extent(fields.map(({ f }) => f));
  const colorBy = str(at(options, "tarsier.colorBy"));
  const out: Value[] = [];
  fields.forEach(({ f, frame }, index) => {
    const all = numbers(f);
    const times = timeField(frame)?.values as number[] | undefined;
    const make = (value: number | null, cell: Field["values"][number], key: string, name: string, spark: boolean) => {
      const shown = show(f.type === "string" ? cell : value, f.config, low, high);
      const color = shown.color ?? seriesColor(f.config, out.length, name, value, f.labels[colorBy]);
      const min = num(f.config.min) ?? Math.min(0, low);
      const max = num(f.config.max) ?? (high > min ? high : min + 1);
      out.push({
        key,
        name,
        value,
        shown,
        color,
        min,
        max,
        config: f.config,
        spark: spark && times && all.length > 1 ? { times, values: all } : undefined,
      });
    };
    if (bool(reduceOptions.values)) {
      const text = frame.fields.find((x) => x.type === "string");
      all
        .slice(0, num(reduceOptions.limit) ?? 25)
        .forEach((v, row) =>
          make(v, f.values[row]!, `${index}/${row}`, text ? String(text.values[row]) : displayName(f, frames), false),
        );
    } else {
      const value = reduce(all, calc);
      make(
        value,
        f.values.at(-1) ?? null,
        `${f.name}/${JSON.stringify(f.labels)}/${frame.refId}`,
        displayName(f, frames),
        true,
      );
    }
  });
  return out.slice(0, VALUES_MAX);
}

export function extent(fields: Field[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const f of fields) {
    for (const v of numbers(f)) {
      if (v === null || !Number.isFinite(v)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  return low <= high ? [low, high] : [0, 100];
}
