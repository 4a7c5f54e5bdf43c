// Frames: tables of columns, what queries answer and panels draw.
import type { Json } from "./json";

export type Cell = number | string | boolean | null;

export interface Field {
  name: string;
  type: "time" | "number" | "string";
  values: Cell[];
  labels: Record<string, string>;
  config: Json; // as the dashboard's fieldConfig has it, resolved for this field
  source?: string; // the series' name, where the data source gave one
}

export interface Frame {
  refId: string;
  kind: "series" | "table" | "heatmap";
  fields: Field[];
  length: number;
}

export function field(name: string, type: Field["type"], values: Cell[], labels: Record<string, string> = {}): Field {
  return { name, type, values, labels, config: {} };
}

export function frame(refId: string, kind: Frame["kind"], fields: Field[]): Frame {
  return { refId, kind, fields, length: fields[0]?.values.length ?? 0 };
}

export function numbers(f: Field): (number | null)[] {
  return f.values.map((v) =>
    typeof v === "number" ? v : typeof v === "boolean" ? Number(v) : v === null || v === "" ? null : numberOf(v),
  );
}
function numberOf(value: string): number | null {
  const parsed = Number(value);
  return Number.isNaN(parsed) ? null : parsed;
}

export function timeField(f: Frame): Field | undefined {
  return f.fields.find((x) => x.type === "time");
}
