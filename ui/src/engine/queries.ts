// A panel's targets to the queries of one tick.
import { at, num, str } from "./json";
import { parseDuration } from "./duration";
import { computeSteps, rangeMacros, type Steps } from "./interval";
import type { Panel, Target, Values, Variable } from "./model";
import type { Range } from "./time";
import { interpolate, type Lookup } from "./variables";
import type { BatchQuery } from "./wire";

export interface QueryContext {
  range: Range;
  variables: Variable[];
  values: Values;
  widthPx: number;
}

export interface PanelQuery extends BatchQuery {
  target: Target;
  legend: string;
}

const LOG_LINES = 100;
const TRACES = 20;

export function lookupFor(panel: Panel, context: QueryContext, steps: Steps): Lookup {
  const { variables, values } = context;
  return { variables, values, scope: panel.scope, macros: rangeMacros(panelRange(panel, context.range), steps) };
}

// A panel may look at another window than its dashboard.
export function panelRange(panel: Panel, range: Range): Range {
  const width = parseDuration(panel.timeFrom.replace(/^now-/, ""));
  const shift = parseDuration(panel.timeShift.replace(/^now-/, "")) ?? 0;
  const from = width === undefined ? range.from : range.to - width;
  return { from: from - shift, to: range.to - shift };
}

export function defaultSteps(panel: Panel, context: QueryContext): Steps {
  return stepsFor(panel, undefined, context);
}

function stepsFor(panel: Panel, target: Target | undefined, context: QueryContext): Steps {
  const points = panel.maxDataPoints ?? Math.max(100, Math.round(context.widthPx));
  const plain: Lookup = { variables: context.variables, values: context.values, scope: panel.scope, macros: {} };
  const minimum = interpolate(target?.interval || panel.interval, plain);
  return computeSteps(panelRange(panel, context.range), points, minimum, target?.intervalFactor ?? 1);
}

export function panelQueries(panel: Panel, context: QueryContext): PanelQuery[] {
  return panel.targets
    .filter((t) => !t.hide && !t.problem && t.kind !== "none")
    .map((target) => {
      const steps = stepsFor(panel, target, context);
      const lookup = lookupFor(panel, context, steps);
      const instant = target.instant || (panel.type === "stat" && target.format === "table");
      return {
        id: `${panel.key}/${target.refId}`,
        kind: target.kind as BatchQuery["kind"],
        expr: interpolate(target.expr, lookup, target.kind === "tempo" ? "pipe" : "regex"),
        step_ms: steps.stepMs,
        instant: target.kind === "tempo" ? undefined : instant,
        limit: limitOf(target),
        ...ownRange(panel, context.range),
        target,
        legend: interpolate(target.legend, lookup, "glob"),
      };
    });
}

function ownRange(panel: Panel, range: Range): { from_ms?: number; to_ms?: number } {
  const own = panelRange(panel, range);
  return own.from === range.from && own.to === range.to
    ? {}
    : { from_ms: Math.round(own.from), to_ms: Math.round(own.to) };
}

function limitOf(target: Target): number | undefined {
  if (target.kind === "loki") return target.limit ?? LOG_LINES;
  if (target.kind === "tempo") return target.limit ?? TRACES;
  return undefined;
}

export function toWire(query: PanelQuery): BatchQuery {
  const { target: _, legend: __, ...wire } = query;
  return wire;
}

// The continuation of a series beyond the range, asked as instant queries: our extension in
// options.tarsier.forecast, which other readers of the dashboard leave alone.
export interface Forecast {
  refId: string;
  of: string;
  aheadMs: number;
}
export function forecasts(panel: Panel): Forecast[] {
  const raw = at(panel.options, "tarsier.forecast");
  return (Array.isArray(raw) ? raw : []).flatMap((f) => {
    const aheadMs = parseDuration(str(at(f, "ahead"))) ?? num(at(f, "ahead"));
    return aheadMs ? [{ refId: str(at(f, "refId")), of: str(at(f, "of")), aheadMs }] : [];
  });
}
