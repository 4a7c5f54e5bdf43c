// A list of traces as Tempo's search answers it.
import { num, obj, objects, str } from "./json";

export interface TraceSummary {
  id: string;
  service: string;
  name: string;
  startMs: number;
  durationMs: number;
  spans: number;
  errors: number;
  services: { name: string; spans: number; errors: number }[];
  matched: number;
}

export function readTraces(data: unknown): TraceSummary[] {
  return objects(obj(data).traces)
    .map((t) => {
      const services = Object.entries(obj(t.serviceStats))
        .map(([name, stats]) => ({
          name,
          spans: num(obj(stats).spanCount) ?? 0,
          errors: num(obj(stats).errorCount) ?? 0,
        }))
        .sort((a, b) => a.name.localeCompare(b.name));
      const total = (key: "spans" | "errors") => services.reduce((sum, s) => sum + s[key], 0);
      return {
        id: str(t.traceID).padStart(32, "0"),
        service: str(t.rootServiceName),
        name: str(t.rootTraceName),
        startMs: nanosToMs(t.startTimeUnixNano),
        durationMs: num(t.durationMs) ?? 0,
        spans: total("spans"),
        errors: total("errors"),
        services,
        matched: objects(t.spanSets).reduce((sum, s) => sum + (num(s.matched) ?? 0), 0),
      };
    })
    .sort((a, b) => b.startMs - a.startMs);
}

// Nanoseconds since the epoch do not fit a double; microseconds do.
export function nanosToMs(value: unknown): number {
  const text = str(value, "0");
  return /^\d+$/.test(text) && text.length > 6
    ? Number(text.slice(0, -6)) + Number(text.slice(-6)) / 1e6
    : (num(value) ?? 0) / 1e6;
}
