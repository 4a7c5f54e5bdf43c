// One trace from OTLP JSON to a tree of spans, ready to be drawn as rows.
import { list, num, obj, objects, str, type Json } from "./json";

export interface SpanEvent {
  name: string;
  offsetMs: number;
  attributes: [string, string][];
}
export interface Span {
  id: string;
  parentId: string;
  name: string;
  service: string;
  kind: string;
  startMs: number; // since the trace's start
  durationMs: number;
  error: boolean;
  statusMessage: string;
  attributes: [string, string][];
  resource: [string, string][];
  scope: string;
  events: SpanEvent[];
  links: { traceId: string; spanId: string }[];
  depth: number;
  children: number[]; // indexes
  end: number; // index behind the last descendant: spans are in tree order
  orphan: boolean; // names a parent that is not here
}
export interface Trace {
  id: string;
  spans: Span[];
  startMs: number; // since the epoch
  durationMs: number;
  services: { name: string; spans: number; errors: number }[];
  errors: number;
}

// While reading, startMs is still since the epoch and so are the events.
export function readTrace(body: unknown, id: string): Trace | undefined {
  const root = obj(body);
  const container = obj(root.trace ?? root);
  const byId = new Map<string, Span>();
  const zero = { ms: -1 };
  for (const group of objects(container.resourceSpans ?? container.batches)) {
    const resource = attributes(obj(group.resource).attributes);
    const service = resource.find(([k]) => k === "service.name")?.[1] ?? "unknown service";
    for (const scope of objects(group.scopeSpans ?? group.instrumentationLibrarySpans)) {
      const name = str(obj(scope.scope).name);
      for (const raw of objects(scope.spans)) {
        const span = readSpan(raw, service, resource, name, zero);
        if (!byId.has(span.id)) byId.set(span.id, span);
      }
    }
  }
  return byId.size === 0 ? undefined : buildTree(byId, id, zero.ms);
}

function buildTree(byId: Map<string, Span>, id: string, zeroMs: number): Trace {
  const all = [...byId.values()];
  const begin = all.reduce((low, s) => Math.min(low, s.startMs), Infinity);
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of all) {
    span.startMs -= begin;
    for (const event of span.events) event.offsetMs -= begin;
    if (!span.parentId || span.parentId === span.id || !byId.has(span.parentId)) roots.push(span);
    else if (children.has(span.parentId)) children.get(span.parentId)!.push(span);
    else children.set(span.parentId, [span]);
  }
  const spans: Span[] = [];
  for (const siblings of [roots, ...children.values()])
    if (siblings.length > 1) siblings.sort((a, b) => a.startMs - b.startMs);
  for (const span of roots) placeTree(span, children, spans);
  // Spans whose parents form a circle have no root: each that is left starts a tree of its own.
  for (const span of all) if (span.end === 0) placeTree(span, children, spans);
  return {
    id,
    spans,
    startMs: zeroMs + begin,
    durationMs: spans.reduce((end, s) => Math.max(end, s.startMs + s.durationMs), 0),
    services: servicesOf(spans),
    errors: spans.filter((s) => s.error).length,
  };
}

// Appends a span and all below it. A stack, not recursion: a chain of fifty thousand is a legal trace.
function placeTree(first: Span, children: Map<string, Span[]>, spans: Span[]): void {
  const stack: { span: Span; parent: number; depth: number; close: boolean }[] = [
    { span: first, parent: -1, depth: 0, close: false },
  ];
  while (stack.length > 0) {
    const entry = stack.pop()!;
    const { span, parent, depth } = entry;
    if (entry.close) {
      span.end = spans.length;
      continue;
    }
    if (span.end !== 0) continue;
    const index = spans.push(span) - 1;
    span.depth = depth;
    span.end = index + 1;
    span.orphan = depth === 0 && span.parentId !== "";
    if (parent >= 0) spans[parent]!.children.push(index);
    const below = children.get(span.id);
    if (!below) continue;
    entry.close = true;
    stack.push(entry);
    for (let i = below.length - 1; i >= 0; i--)
      stack.push({ span: below[i]!, parent: index, depth: depth + 1, close: false });
  }
}

function servicesOf(spans: Span[]): Trace["services"] {
  const services = new Map<string, Trace["services"][number]>();
  for (const s of spans) {
    const entry = services.get(s.service) ?? { name: s.service, spans: 0, errors: 0 };
    entry.spans++;
    entry.errors += Number(s.error);
    services.set(s.service, entry);
  }
  return [...services.values()];
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

function readSpan(
  span: Json,
  service: string,
  resource: [string, string][],
  scope: string,
  zero: { ms: number },
): Span {
  const start = timeMs(span.startTimeUnixNano, zero);
  const end = timeMs(span.endTimeUnixNano, zero);
  const status = obj(span.status);
  const kind = num(span.kind);
  return {
    id: hexId(span.spanId ?? span.spanID, 8),
    parentId: hexId(span.parentSpanId ?? span.parentSpanID, 8),
    name: str(span.name) || "(no name)",
    service,
    kind:
      kind !== undefined
        ? (KINDS[kind] ?? "unspecified")
        : str(span.kind).replace("SPAN_KIND_", "").toLowerCase() || "unspecified",
    startMs: start,
    durationMs: Math.max(0, end - start),
    error: status.code === 2 || status.code === "STATUS_CODE_ERROR",
    statusMessage: str(status.message),
    attributes: attributes(span.attributes),
    resource,
    scope,
    events: objects(span.events).map((e) => ({
      name: str(e.name),
      offsetMs: timeMs(e.timeUnixNano, zero),
      attributes: attributes(e.attributes),
    })),
    links: objects(span.links).map((l) => ({ traceId: hexId(l.traceId, 16), spanId: hexId(l.spanId, 8) })),
    depth: 0,
    children: [],
    end: 0,
    orphan: false,
  };
}

// Milliseconds since the first time read. A double holds nanoseconds of an hour, not of the epoch.
function timeMs(value: unknown, zero: { ms: number }): number {
  const text = str(value, "0").padStart(7, "0");
  const ms = Number(text.slice(0, -6)) || 0;
  if (zero.ms < 0) zero.ms = ms;
  return ms - zero.ms + (Number(text.slice(-6)) || 0) / 1e6;
}

// Ids come as hex (OTLP JSON) or base64 (protobuf's JSON).
export function hexId(value: unknown, bytes: number): string {
  const text = str(value);
  if (text === "" || /^0+$/.test(text) || /^A+=*$/.test(text)) return "";
  if (text.length === bytes * 2 && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  try {
    const raw = atob(text);
    if (raw.length === bytes) return [...raw].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  } catch {
    // Neither form: taken as it is.
  }
  return text;
}

export function attributes(value: unknown): [string, string][] {
  return objects(value).map((a) => [str(a.key), anyValue(a.value, 0)]);
}

function anyValue(value: unknown, depth: number): string {
  const v = obj(value);
  for (const key of ["stringValue", "intValue", "doubleValue", "boolValue", "bytesValue"])
    if (v[key] !== undefined) return str(v[key]);
  if (depth > 10) return "…";
  if (v.arrayValue !== undefined)
    return `[${list(obj(v.arrayValue).values)
      .map((x) => anyValue(x, depth + 1))
      .join(", ")}]`;
  if (v.kvlistValue !== undefined) {
    return `{${objects(obj(v.kvlistValue).values)
      .map((x) => `${str(x.key)}: ${anyValue(x.value, depth + 1)}`)
      .join(", ")}}`;
  }
  return "";
}
