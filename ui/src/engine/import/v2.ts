// The V2 resource (elements and layouts) as the classic shape, which the rest of the import reads.
import { at, list, num, obj, objects, str, type Json } from "../json";

export function toClassic(spec: Json): Json {
  const elements = obj(spec.elements);
  const panels: Json[] = [];
  placeLayout(obj(spec.layout), elements, panels, { y: 0 }, 0);
  return {
    title: spec.title,
    description: spec.description,
    tags: spec.tags,
    time: { from: at(spec, "timeSettings.from"), to: at(spec, "timeSettings.to") },
    refresh: at(spec, "timeSettings.autoRefresh"),
    templating: { list: objects(spec.variables).map(toVariable) },
    links: spec.links,
    panels,
  };
}

function placeLayout(layout: Json, elements: Json, out: Json[], cursor: { y: number }, depth: number): void {
  if (depth > 8) return;
  const spec = obj(layout.spec);
  const kind = str(layout.kind);
  const base = cursor.y;
  let auto = 0;
  for (const item of [...objects(spec.rows), ...objects(spec.tabs)]) {
    const row = obj(item.spec);
    out.push({ type: "row", title: row.title, collapsed: false, gridPos: { x: 0, y: cursor.y++, w: 24, h: 1 } });
    placeLayout(obj(row.layout), elements, out, cursor, depth + 1);
  }
  for (const item of objects(spec.items)) {
    const place = obj(item.spec);
    const element = obj(obj(elements[str(at(place, "element.name"))]).spec);
    const grid =
      kind === "GridLayout"
        ? { x: num(place.x), y: base + (num(place.y) ?? 0), w: num(place.width), h: num(place.height) }
        : { x: (auto % 3) * 8, y: base + Math.floor(auto / 3) * 8, w: 8, h: 8 };
    auto++;
    cursor.y = Math.max(cursor.y, grid.y + (grid.h ?? 8));
    out.push({ ...toPanel(element), gridPos: grid });
  }
}

function toPanel(element: Json): Json {
  const viz = obj(element.vizConfig);
  const data = obj(obj(element.data).spec);
  return {
    id: element.id,
    type: str(viz.group) || str(viz.kind),
    title: element.title,
    description: element.description,
    links: element.links,
    options: at(viz, "spec.options"),
    fieldConfig: at(viz, "spec.fieldConfig"),
    ...obj(data.queryOptions),
    targets: objects(data.queries).map((q) => {
      const query = obj(at(q, "spec.query"));
      return {
        ...obj(query.spec),
        refId: at(q, "spec.refId"),
        hide: at(q, "spec.hidden"),
        datasource: { type: str(query.group) || str(query.kind), uid: at(query, "datasource.name") },
      };
    }),
    transformations: list(data.transformations).map((t) => ({
      id: str(obj(t).group) || str(obj(t).kind),
      options: at(t, "spec.options"),
    })),
  };
}

function toVariable(variable: Json): Json {
  const spec = obj(variable.spec);
  const type = str(variable.kind)
    .replace(/Variable$/, "")
    .toLowerCase();
  const query = at(spec, "query.spec");
  return {
    ...spec,
    type: type === "text" ? "textbox" : type,
    query: type === "datasource" ? spec.pluginId : typeof query === "object" ? obj(query) : spec.query,
  };
}
