// Every call to the server. Errors carry the server's own text.
import { obj, objects, str, strings, type Json } from "../engine/json";
import { readResults, type BatchQuery, type BatchResult } from "../engine/wire";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number, // 0 = not reached
  ) {
    super(message);
  }
}

async function call(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    throw new ApiError("tarsier cannot be reached", 0);
  }
  if (!response.ok) throw new ApiError(await errorText(response), response.status);
  return response;
}

async function errorText(response: Response): Promise<string> {
  const text = (await response.text()).trim();
  try {
    const body = obj(JSON.parse(text));
    const message = str(body.message) || str(body.error);
    if (message) return message;
  } catch {
    // Plain text.
  }
  return text.slice(0, 500) || `HTTP ${response.status}`;
}

export async function getJson(path: string, signal?: AbortSignal): Promise<unknown> {
  return (await call(path, { signal, headers: { Accept: "application/json" } })).json();
}

export async function postJson(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return (await call(path, { method: "POST", headers, body: JSON.stringify(body), signal })).json();
}

const QUERIES_MAX = 200; // of one request, the server's limit

export async function batch(
  range: { from: number; to: number },
  queries: BatchQuery[],
  signal?: AbortSignal,
): Promise<Map<string, BatchResult>> {
  const chunks = Array.from({ length: Math.ceil(queries.length / QUERIES_MAX) }, (_, i) =>
    queries.slice(i * QUERIES_MAX, (i + 1) * QUERIES_MAX),
  );
  const ask = (chunk: BatchQuery[]) =>
    postJson("/api/ui/batch", { from_ms: Math.round(range.from), to_ms: Math.round(range.to), queries: chunk }, signal);
  const bodies = await Promise.all(chunks.map(ask));
  return new Map(bodies.flatMap(readResults).map((r) => [r.id, r]));
}

export interface DashboardEntry {
  uid: string;
  title: string;
  tags: string[];
}
export async function listDashboards(signal?: AbortSignal): Promise<DashboardEntry[]> {
  const found = await getJson("/api/search?type=dash-db", signal);
  return (Array.isArray(found) ? found : []).map((d: Json) => ({
    uid: str(d.uid),
    title: str(d.title),
    tags: strings(d.tags),
  }));
}

export async function getDashboard(uid: string, signal?: AbortSignal): Promise<unknown> {
  return getJson(`/api/dashboards/uid/${encodeURIComponent(uid)}`, signal);
}

export async function saveDashboard(dashboard: unknown): Promise<string> {
  const answer = obj(await postJson("/api/dashboards/db", { dashboard, overwrite: true, message: "imported" }));
  return str(answer.uid);
}

// Values of a label, of metrics or logs.
export async function labelValues(
  kind: "prometheus" | "loki",
  label: string,
  selector: string,
  range: { from: number; to: number },
): Promise<string[]> {
  const seconds = (ms: number) => String(Math.floor(ms / 1000));
  const query = new URLSearchParams(
    kind === "loki"
      ? {
          start: `${Math.floor(range.from)}000000`,
          end: `${Math.ceil(range.to)}000000`,
          ...(selector && { query: selector }),
        }
      : { start: seconds(range.from), end: seconds(range.to), ...(selector && { "match[]": selector }) },
  );
  const base = kind === "loki" ? "/loki/api/v1" : "/api/v1";
  const path = label === "" ? "labels" : `label/${encodeURIComponent(label)}/values`;
  return strings(obj(await getJson(`${base}/${path}?${query}`)).data);
}

export async function traceTagValues(tag: string): Promise<string[]> {
  const answer = obj(await getJson(`/api/v2/search/tag/${encodeURIComponent(tag)}/values`));
  return objects(answer.tagValues).map((v) => str(v.value));
}

export async function getTrace(id: string, signal?: AbortSignal): Promise<unknown> {
  return getJson(`/api/v2/traces/${encodeURIComponent(id)}`, signal);
}
