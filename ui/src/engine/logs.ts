// Log lines as Loki answers them: streams of [time ns, line, {structuredMetadata, parsed}].
import { list, obj, objects, str, type Json } from "./json";

export type Level = "critical" | "error" | "warn" | "info" | "debug" | "trace" | "unknown";
export const LEVELS: Level[] = ["critical", "error", "warn", "info", "debug", "trace", "unknown"];

export interface LogRow {
  id: string;
  timeMs: number;
  timeNs: string;
  line: string;
  level: Level;
  service: string;
  traceId: string;
  spanId: string;
  labels: Record<string, string>; // of the stream
  metadata: Record<string, string>;
  parsed: Record<string, string>;
}

export function readLogs(data: unknown): LogRow[] {
  const rows = objects(obj(data).result).flatMap((stream) => {
    const labels = texts(stream.stream);
    return list(stream.values).map((entry) => readEntry(list(entry), labels));
  });
  rows.sort(
    (a, b) => (a.timeNs.length - b.timeNs.length || (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0)) * -1,
  );
  const seen = new Map<string, number>();
  for (const row of rows) {
    const count = seen.get(row.id) ?? 0;
    seen.set(row.id, count + 1);
    if (count > 0) row.id += `#${count}`;
  }
  return rows;
}

function readEntry(entry: unknown[], labels: Record<string, string>): LogRow {
  const timeNs = str(entry[0], "0");
  const line = str(entry[1]);
  const extra = obj(entry[2]);
  const categorised = extra.structuredMetadata !== undefined || extra.parsed !== undefined;
  const metadata = texts(categorised ? extra.structuredMetadata : extra);
  const parsed = texts(extra.parsed);
  const all = { ...labels, ...metadata, ...parsed };
  const traceId = pickId(all, ["trace_id", "traceID", "traceId", "traceid", "TraceID"]) || idInLine(line);
  return {
    id: `${timeNs}/${all.span_id ?? ""}/${line.slice(0, 120)}`,
    timeMs: Number(timeNs.slice(0, -6)),
    timeNs,
    line,
    level: readLevel(all, line),
    service: all.service_name ?? all.service ?? all.job ?? all.app ?? "",
    traceId,
    spanId: pickId(all, ["span_id", "spanID", "spanId"]),
    labels,
    metadata,
    parsed,
  };
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(obj(value) as Json).map(([k, v]) => [k, str(v)]));
}

function pickId(all: Record<string, string>, names: string[]): string {
  for (const name of names) if (/^[0-9a-f]{8,32}$/i.test(all[name] ?? "")) return all[name]!.toLowerCase();
  return "";
}

function idInLine(line: string): string {
  return /trace_?id["'=: ]+([0-9a-f]{16,32})\b/i.exec(line)?.[1]?.toLowerCase() ?? "";
}

const WORDS: [RegExp, Level][] = [
  [/^(emerg|fatal|alert|crit|critical|panic)/i, "critical"],
  [/^(err|error|eror)/i, "error"],
  [/^warn/i, "warn"],
  [/^(info|notice)/i, "info"],
  [/^(debug|dbug)/i, "debug"],
  [/^trace/i, "trace"],
];

export function levelOf(word: string): Level {
  return WORDS.find(([pattern]) => pattern.test(word))?.[1] ?? "unknown";
}

// What the record says first; a request's status next; a word in the line last.
function readLevel(all: Record<string, string>, line: string): Level {
  for (const name of ["detected_level", "level", "severity_text", "severity", "lvl"]) {
    const level = levelOf(all[name] ?? "");
    if (level !== "unknown") return level;
  }
  const status = Number(all.http_response_status_code ?? all.status ?? "");
  if (status >= 500) return "error";
  if (status >= 400) return "warn";
  const word = /\b(fatal|critical|error|warn(?:ing)?|info|debug|trace)\b/i.exec(line.slice(0, 400));
  return word ? levelOf(word[1]!) : status > 0 ? "info" : "unknown";
}
