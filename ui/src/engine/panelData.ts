// All answers of one panel to what its picture is made from.
import { configureFields } from "./fields";
import type { Frame } from "./frames";
import { readLogs, type LogRow } from "./logs";
import type { Panel } from "./model";
import type { PanelQuery } from "./queries";
import { readTraces, type TraceSummary } from "./traces";
import { transform } from "./transforms/transform";
import { metricFrames, type BatchResult } from "./wire";
import { list, obj, str } from "./json";

export interface PanelData {
  frames: Frame[];
  logs: LogRow[];
  traces: TraceSummary[];
  hasLogs: boolean; // the answer was log lines, maybe none
  hasTraces: boolean;
  errors: { refId: string; text: string }[];
  warnings: string[];
  notes: string[]; // what of the panel is not drawn
}

export function readPanelData(panel: Panel, queries: PanelQuery[], results: Map<string, BatchResult>): PanelData {
  const data: PanelData = {
    frames: [],
    logs: [],
    traces: [],
    hasLogs: false,
    hasTraces: false,
    errors: [],
    warnings: [],
    notes: [],
  };
  for (const target of panel.targets)
    if (target.problem && !target.hide) data.errors.push({ refId: target.refId, text: target.problem });
  const legends = legendsOf(panel, queries, results);
  for (const query of queries) {
    const result = results.get(query.id);
    if (!result) continue;
    data.warnings.push(...(result.warnings ?? []));
    if (result.status === "error") data.errors.push({ refId: query.target.refId, text: result.error! });
    if (result.data !== undefined) readOne(data, panel, query, result, legends);
  }
  nameValues(data.frames);
  const { frames, unknown } = transform(data.frames, panel.transformations);
  data.frames = frames;
  configureFields(frames, panel.defaults, panel.overrides);
  data.notes = [...panel.ignored, ...unknown];
  return data;
}

function readOne(
  data: PanelData,
  panel: Panel,
  query: PanelQuery,
  result: BatchResult,
  legend: (q: PanelQuery) => string,
): void {
  if (query.kind === "tempo") {
    data.hasTraces = true;
    data.traces.push(...readTraces(result.data));
  } else if (query.kind === "loki" && str(obj(result.data).resultType) === "streams") {
    data.hasLogs = true;
    data.logs.push(...readLogs(result.data));
  } else {
    const stepMs = query.instant || panel.type === "table" ? 0 : query.step_ms!;
    data.frames.push(...metricFrames(query.target, result.data, legend(query), stepMs));
  }
}

// Without a legend of its own, a panel with one query shows only what tells its series apart.
function legendsOf(panel: Panel, queries: PanelQuery[], results: Map<string, BatchResult>): (q: PanelQuery) => string {
  return (query) => {
    if (query.legend) return query.legend;
    const series = list(obj(results.get(query.id)?.data).result).length;
    const alone = queries.length === 1 || panel.type === "piechart" || panel.type === "table";
    return alone && series > 1 ? "__auto" : "";
  };
}

// With several table queries their values are told apart as "Value #A", "Value #B".
function nameValues(frames: Frame[]): void {
  const tables = frames.filter((f) => f.kind === "table");
  if (new Set(tables.map((f) => f.refId)).size < 2) return;
  for (const f of tables) for (const x of f.fields) if (x.name === "Value") x.name = `Value #${f.refId}`;
}
