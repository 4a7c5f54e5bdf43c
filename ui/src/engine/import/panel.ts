import { bool, num, obj, objects, str, type Json } from "../json";
import type { DataKind, Grid, Link, Panel } from "../model";
import { ignoredOptions } from "./drawn";
import { modernise } from "./legacy";
import { readTargets } from "./targets";

export function readPanel(raw: Json, grid: Grid, key: string, variables: Map<string, DataKind>): Panel {
  const library = obj(obj(raw.libraryPanel).model);
  const panel = modernise(raw.type === undefined && library.type !== undefined ? { ...library, ...raw } : raw);
  const type = str(panel.type) || (objects(panel.targets).length > 0 ? "timeseries" : "text");
  const fieldConfig = obj(panel.fieldConfig);
  return {
    key,
    id: num(panel.id) ?? 0,
    type,
    title: str(panel.title),
    description: str(panel.description),
    grid,
    targets: readTargets(panel, { panelType: type, panelSource: panel.datasource, variables }),
    options: obj(panel.options),
    defaults: obj(fieldConfig.defaults),
    overrides: objects(fieldConfig.overrides).map((o) => ({
      matcher: { id: str(obj(o.matcher).id), options: obj(o.matcher).options },
      properties: objects(o.properties).map((p) => ({ id: str(p.id), value: p.value })),
    })),
    transformations: objects(panel.transformations).map((t) => ({
      id: str(t.id),
      options: obj(t.options),
      disabled: bool(t.disabled),
    })),
    links: readLinks(panel.links),
    interval: str(panel.interval),
    maxDataPoints: num(panel.maxDataPoints),
    timeFrom: str(panel.timeFrom),
    timeShift: str(panel.timeShift),
    repeat: str(panel.repeat),
    repeatVertical: str(panel.repeatDirection) === "v",
    maxPerRow: Math.max(1, num(panel.maxPerRow) ?? 4),
    scope: {},
    ignored: ignoredOptions(type, panel),
  };
}

export function readLinks(links: unknown): Link[] {
  return objects(links)
    .map((l) => ({ title: str(l.title) || str(l.url), url: str(l.url), newTab: bool(l.targetBlank) }))
    .filter((l) => safeUrl(l.url));
}

// A dashboard is foreign text: only addresses that lead somewhere, never ones that run.
export function safeUrl(url: string): boolean {
  return url !== "" && (/^(https?:|mailto:|\/|#|\?|\$)/i.test(url) || !/^[\s\0-\x1f]*[a-z][\w+.-]*:/i.test(url));
}
