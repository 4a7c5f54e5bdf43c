// What /api/ui/batch asks and answers. Each answer's data is that of the compatible API it stands for.
import { list, num, obj, objects, str, strings, type Json } from "./json";
import type { DataKind, Target } from "./model";
import { field, frame, type Cell, type Field, type Frame } from "./frames";
import { applyLegend, distinguishing, seriesName } from "./names";

export interface BatchQuery {
  id: string;
  kind: DataKind;
  expr: string;
  step_ms?: number;
  instant?: boolean;
  limit?: number;
  from_ms?: number; // where the query's window is not the batch's
  to_ms?: number;
}
export interface BatchResult {
  id: string;
  status: "success" | "error";
  data?: unknown;
  error?: string;
  warnings?: string[];
}

export function readResults(body: unknown): BatchResult[] {
  return objects(obj(body).results).map((r) => ({
    id: str(r.id),
    status: r.status === "success" ? "success" : "error",
    data: r.data,
    error: r.status === "success" ? undefined : str(r.error) || "the server gave no reason",
    warnings: strings(r.warnings),
  }));
}

// Prometheus writes numbers as text, with its own words for what JSON has none for.
export function sampleValue(text: unknown): number {
  const t = str(text);
  if (t === "+Inf" || t === "Inf") return Infinity;
  if (t === "-Inf") return -Infinity;
  return t === "" ? NaN : Number(t);
}

interface Series {
  labels: Record<string, string>;
  times: number[];
  values: number[];
}

function readSeries(data: Json): Series[] {
  const type = str(data.resultType);
  if (type === "scalar" || type === "string") {
    const [t, v] = list(data.result);
    return [{ labels: {}, times: [(num(t) ?? 0) * 1000], values: [sampleValue(v)] }];
  }
  return objects(data.result).map((s) => {
    const pairs = (type === "vector" ? [s.value] : list(s.values)).map((p) => list(p));
    return {
      labels: Object.fromEntries(Object.entries(obj(s.metric)).map(([k, v]) => [k, str(v)])),
      times: pairs.map((p) => Math.round((num(p[0]) ?? 0) * 1000)),
      values: pairs.map((p) => sampleValue(p[1])),
    };
  });
}

// stepMs > 0 puts a null where a series misses a step, so that lines break there.
export function metricFrames(target: Target, data: unknown, legend: string, stepMs: number): Frame[] {
  const series = readSeries(obj(data));
  if (target.format === "table") return series.length > 0 ? [tableFrame(target.refId, series)] : [];
  const auto = legend === "__auto" ? distinguishing(series.map((s) => s.labels)) : [];
  return series.map((s, i) => {
    const { times, values } = stepMs > 0 ? withGaps(s, stepMs) : s;
    const value: Field = field("Value", "number", values, s.labels);
    const name = legend === "__auto" ? auto[i]! : legend ? applyLegend(legend, s.labels) : seriesName(s.labels);
    value.source = name || undefined;
    return frame(target.refId, "series", [field("Time", "time", times), value]);
  });
}

function withGaps(s: Series, stepMs: number): { times: number[]; values: Cell[] } {
  const times: number[] = [];
  const values: Cell[] = [];
  s.times.forEach((t, i) => {
    const before = i > 0 ? s.times[i - 1]! : t;
    if (t - before > stepMs * 1.5) {
      times.push(before + stepMs);
      values.push(null);
    }
    times.push(t);
    values.push(Number.isNaN(s.values[i]!) ? null : s.values[i]!);
  });
  return { times, values };
}

// One row a sample: the time, every label as a column, the value.
function tableFrame(refId: string, series: Series[]): Frame {
  const keys = [...new Set(series.flatMap((s) => Object.keys(s.labels)))].sort();
  const rows = series.flatMap((s) => s.times.map((t, i) => ({ t, v: s.values[i]!, labels: s.labels })));
  return frame(refId, "table", [
    field(
      "Time",
      "time",
      rows.map((r) => r.t),
    ),
    ...keys.map((k) =>
      field(
        k,
        "string",
        rows.map((r) => r.labels[k] ?? ""),
      ),
    ),
    field(
      "Value",
      "number",
      rows.map((r) => r.v),
    ),
  ]);
}
