// A dashboard of any Grafana age, or close to one, to the panel model. Never throws.
import { at, objects, str, strings, type Json } from "../json";
import type { Dashboard, Section } from "../model";
import { openContainer } from "./container";
import { layOut } from "./layout";
import { readLinks, readPanel } from "./panel";
import { toClassic } from "./v2";
import { datasourceVariables, readVariables } from "./variables";

const PANELS_MAX = 1000;

export function importDashboard(source: unknown, fallbackUid = ""): Dashboard {
  const { spec: opened, v2, name } = openContainer(source);
  const spec = v2 ? toClassic(opened) : opened;
  const title = str(spec.title) || str(opened.title) || "Untitled dashboard";
  const sources = datasourceVariables(spec);
  const notes = notesOf(spec);
  const raw = layOut(spec);
  const seen = new Set<string>();
  let count = 0;
  const sections: Section[] = raw.map((section, index) => ({
    key: `row-${index}`,
    title: section.title,
    collapsed: section.collapsed,
    repeat: section.repeat,
    scope: {},
    panels: section.panels.flatMap(({ panel, grid }) =>
      count++ < PANELS_MAX ? [readPanel(panel, grid, uniqueKey(panel, seen), sources)] : [],
    ),
  }));
  if (count > PANELS_MAX) notes.push(`only the first ${PANELS_MAX} of ${count} panels are shown`);
  return {
    uid: str(spec.uid) || name || fallbackUid || slug(title),
    title,
    description: str(spec.description),
    tags: strings(spec.tags),
    from: str(at(spec, "time.from")) || "now-1h",
    to: str(at(spec, "time.to")) || "now",
    refresh: typeof spec.refresh === "string" ? spec.refresh : "",
    variables: readVariables(spec, sources),
    sections,
    links: readLinks(spec.links),
    notes,
  };
}

function uniqueKey(panel: Json, seen: Set<string>): string {
  const wanted = str(panel.id) || String(seen.size + 1);
  let key = wanted;
  for (let n = 2; seen.has(key); n++) key = `${wanted}-${n}`;
  seen.add(key);
  return key;
}

function notesOf(spec: Json): string[] {
  const notes = objects(at(spec, "annotations.list"))
    .filter((a) => a.builtIn !== 1 && a.enable !== false)
    .map((a) => `annotation "${str(a.name)}" is not drawn`);
  for (const v of objects(at(spec, "templating.list"))) {
    const type = str(v.type);
    if (type === "adhoc" || /groupby|switch|system|snapshot/i.test(type)) {
      notes.push(`variable "${str(v.name)}" of type ${type} has no effect`);
    }
  }
  return notes;
}

export function slug(title: string): string {
  return (
    title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 40) || "dashboard"
  );
}
