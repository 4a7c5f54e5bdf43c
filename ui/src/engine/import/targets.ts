import { bool, num, objects, str, type Json } from "../json";
import type { DataKind, Target } from "../model";
import { readSource, type Source } from "./datasource";

export interface TargetContext {
  panelType: string;
  panelSource: unknown;
  variables: Map<string, DataKind>;
}

export function readTargets(panel: Json, context: TargetContext): Target[] {
  const used = new Set<string>();
  return objects(panel.targets).map((target, index) => {
    const read = readTarget(target, context);
    read.refId ||= letter(index);
    while (used.has(read.refId)) read.refId += "'";
    used.add(read.refId);
    return read;
  });
}

function readTarget(target: Json, context: TargetContext): Target {
  const source: Source =
    readSource(target.datasource, context.variables) ??
    readSource(context.panelSource, context.variables) ??
    guess(target, context.panelType);
  const expr = str(target.expr) || str(target.query) || traceFilter(target);
  const problem =
    source.kind === "none"
      ? `data source "${source.name}" is not available here`
      : expr.trim() === ""
        ? "the query is empty"
        : undefined;
  const table = context.panelType === "table" && str(target.format) === "table";
  return {
    refId: str(target.refId),
    kind: source.kind,
    expr: source.kind === "tempo" && problem ? "{}" : expr,
    legend: str(target.legendFormat),
    instant: bool(target.instant) || (table && target.range !== true && target.instant !== false),
    format: str(target.format) === "table" ? "table" : str(target.format) === "heatmap" ? "heatmap" : "time_series",
    interval: str(target.interval) || str(target.step),
    intervalFactor: Math.max(1, num(target.intervalFactor) ?? 1),
    hide: bool(target.hide),
    limit: num(target.limit) ?? num(target.maxLines),
    problem: source.kind === "tempo" ? undefined : problem,
  };
}

// Without any word about a source, the panel's type and the query's own language decide.
function guess(target: Json, panelType: string): Source {
  if (panelType === "traces" || str(target.queryType).startsWith("traceql")) return { kind: "tempo", name: "" };
  if (panelType === "logs") return { kind: "loki", name: "" };
  if (
    /^\s*\{[^}]*\}\s*(\||!~|!=\s*[`"]|$)/.test(str(target.expr)) &&
    /\|[=~]|!~|\|\s*(json|logfmt)/.test(str(target.expr))
  ) {
    return { kind: "loki", name: "" };
  }
  return { kind: "prometheus", name: "" };
}

// The search form of a Tempo query: filters by scope, tag and operator.
function traceFilter(target: Json): string {
  const parts = objects(target.filters).flatMap((filter) => {
    const values = Array.isArray(filter.value) ? filter.value.map((v) => str(v)) : [str(filter.value)];
    const tag = str(filter.tag);
    if (!tag || values.every((v) => v === "")) return [];
    const scope = str(filter.scope);
    const name = scope && scope !== "intrinsic" ? `${scope}.${tag}` : tag;
    const quote =
      str(filter.valueType) === "string" || !/^[\d.]+(ns|us|ms|s|m|h)?$|^(error|ok|unset)$/.test(values[0]!);
    const text = values.length > 1 ? `"${values.join("|")}"` : quote ? JSON.stringify(values[0]) : values[0];
    return [`${name} ${values.length > 1 ? "=~" : str(filter.operator, "=")} ${text}`];
  });
  return parts.length > 0 ? `{ ${parts.join(" && ")} }` : "";
}

function letter(index: number): string {
  const char = String.fromCharCode(65 + (index % 26));
  return index < 26 ? char : letter(Math.floor(index / 26) - 1) + char;
}
