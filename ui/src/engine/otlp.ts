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

type Raw = Omit<Span, "startMs" | "depth" | "children" | "end" | "orphan"> & { startNs: bigint; eventsNs: [bigint, Json][] };

export function readTrace(body: unknown, id: string): Trace | undefined {
  const root = obj(body);
  const container = obj(root.trace ?? root);
  const raws = new Map<string, Raw>();
  for (const group of objects(container.resourceSpans ?? container.batches)) {
    const resource = attributes(obj(group.resource).attributes);
    const service = resource.find(([k]) => k === "service.name")?.[1] ?? "unknown service";
    for (const scope of objects(group.scopeSpans ?? group.instrumentationLibrarySpans)) {
      for (const span of objects(scope.spans)) {
        const raw = readSpan(span, service, resource, str(obj(scope.scope).name));
        if (!raws.has(raw.id)) raws.set(raw.id, raw);
      }
    }
  }
  return raws.size === 0 ? undefined : buildTree([...raws.values()], raws, id);
}

function buildTree(all: Raw[], byId: Map<string, Raw>, id: string): Trace {
  const startNs = all.reduce((low, s) => (s.startNs < low ? s.startNs : low), all[0]!.startNs);
  const offset = (ns: bigint) => Number(ns - startNs) / 1e6;
  const order = (a: Raw, b: Raw) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0);
  const children = new Map<string, Raw[]>();
  const roots: Raw[] = [];
  for (const raw of all) {
    if (raw.parentId && raw.parentId !== raw.id && byId.has(raw.parentId)) {
      const siblings = children.get(raw.parentId);
      if (siblings) siblings.push(raw);
      else children.set(raw.parentId, [raw]);
    } else roots.push(raw);
  }
  const spans: Span[] = [];
  const seen = new Set<string>();
  const visit = (first: Raw) => {
    // A stack, not recursion: a chain of fifty thousand spans is a legal trace.
    const stack: { raw: Raw; parent: number; depth: number; close: number }[] = [{ raw: first, parent: -1, depth: 0, close: -1 }];
    while (stack.length > 0) {
      const { raw, parent, depth, close } = stack.pop()!;
      if (close >= 0) {
        spans[close]!.end = spans.length;
        continue;
      }
      if (seen.has(raw.id)) continue;
      seen.add(raw.id);
      const index = spans.length;
      const { startNs: at, eventsNs, ...rest } = raw;
      const events = eventsNs.map(([ns, e]) => ({ name: str(e.name), offsetMs: offset(ns), attributes: attributes(e.attributes) }));
      spans.push({ ...rest, events, startMs: offset(at), depth, children: [], end: index + 1, orphan: depth === 0 && raw.parentId !== "" });
      if (parent >= 0) spans[parent]!.children.push(index);
      stack.push({ raw, parent, depth, close: index });
      const below = (children.get(raw.id) ?? []).sort(order);
      for (let i = below.length - 1; i >= 0; i--) stack.push({ raw: below[i]!, parent: index, depth: depth + 1, close: -1 });
    }
  };
  roots.sort(order).forEach(visit);
  // Spans whose parents form a circle have no root: each starts a tree of its own.
  for (const raw of all) if (!seen.has(raw.id)) visit(raw);
  const services = new Map<string, { name: string; spans: number; errors: number }>();
  for (const s of spans) {
    const entry = services.get(s.service) ?? { name: s.service, spans: 0, errors: 0 };
    entry.spans++;
    entry.errors += Number(s.error);
    services.set(s.service, entry);
  }
  return {
    id,
    spans,
    startMs: Number(startNs / 1000n) / 1000,
    durationMs: spans.reduce((end, s) => Math.max(end, s.startMs + s.durationMs), 0),
    services: [...services.values()],
    errors: spans.filter((s) => s.error).length,
  };
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

function readSpan(span: Json, service: string, resource: [string, string][], scope: string): Raw {
  const start = nanos(span.startTimeUnixNano);
  const end = nanos(span.endTimeUnixNano);
  const status = obj(span.status);
  const kind = num(span.kind);
  return {
    id: hexId(span.spanId ?? span.spanID, 8),
    parentId: hexId(span.parentSpanId ?? span.parentSpanID, 8),
    name: str(span.name) || "(no name)",
    service,
    kind: kind !== undefined ? (KINDS[kind] ?? "unspecified") : str(span.kind).replace("SPAN_KIND_", "").toLowerCase() || "unspecified",
    startNs: start,
    durationMs: end > start ? Number(end - start) / 1e6 : 0,
    error: status.code === 2 || status.code === "STATUS_CODE_ERROR",
    statusMessage: str(status.message),
    attributes: attributes(span.attributes),
    resource,
    scope,
    events: [],
    eventsNs: objects(span.events).map((e) => [nanos(e.timeUnixNano), e]),
    links: objects(span.links).map((l) => ({ traceId: hexId(l.traceId, 16), spanId: hexId(l.spanId, 8) })),
  };
}

function nanos(value: unknown): bigint {
  const text = str(value, "0");
  return /^\d{1,20}$/.test(text) ? BigInt(text) : 0n;
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
  for (const key of ["stringValue", "intValue", "doubleValue", "boolValue", "bytesValue"]) if (v[key] !== undefined) return str(v[key]);
  if (depth > 10) return "…";
  if (v.arrayValue !== undefined) return `[${list(obj(v.arrayValue).values).map((x) => anyValue(x, depth + 1)).join(", ")}]`;
  if (v.kvlistValue !== undefined) {
    return `{${objects(obj(v.kvlistValue).values).map((x) => `${str(x.key)}: ${anyValue(x.value, depth + 1)}`).join(", ")}}`;
  }
  return "";
}
