// What the load generator counted, as the dashboard would say it.
import { readFileSync } from "node:fs";

export function readTruth(path) {
  const truth = JSON.parse(readFileSync(path, "utf8"));
  const rows = truth.rows ?? [];
  const sum = (list) => list.reduce((total, r) => total + r.count, 0);
  const group = (key) => rows.reduce((m, r) => m.set(key(r), [...(m.get(key(r)) ?? []), r]), new Map());
  const share = (list) => (100 * sum(list.filter((r) => r.status >= 400))) / sum(list);
  const seconds = truth.end_unix - truth.start_unix;
  return {
    startMs: truth.start_unix * 1000,
    endMs: truth.end_unix * 1000,
    seconds,
    answered: truth.answered,
    rate: truth.answered / seconds,
    errorPercent: share(rows),
    byStatus: new Map([...group((r) => String(r.status))].map(([status, list]) => [status, sum(list)])),
    endpoints: [...group((r) => `${r.method} ${r.route}`)]
      .map(([name, list]) => ({
        name,
        method: list[0].method,
        route: list[0].route,
        count: sum(list),
        errorPercent: share(list),
      }))
      .sort((a, b) => b.count - a.count),
  };
}
