import { expect, test } from "vitest";
import oldStack from "../../../../tests/browser/old-stack-dashboard.json";
import ours from "../../../../dashboards/beyla-red-metrics.json";
import { importDashboard } from "./import";
import type { Panel } from "../model";

const panelsOf = (source: unknown): Panel[] => importDashboard(source).sections.flatMap((s) => s.panels);

test("a dashboard in the old stack's shape keeps every panel and query", () => {
  const board = importDashboard(oldStack);
  expect(board.uid).toBe("red-in-the-old-shape");
  const panels = board.sections.flatMap((s) => s.panels);
  expect(panels.map((p) => p.type)).toEqual(["stat", "stat", "stat", "timeseries", "timeseries", "piechart", "table"]);
  expect(panels.flatMap((p) => p.targets).every((t) => t.kind === "prometheus" && !t.problem)).toBe(true);
  expect(panels[4]!.targets.map((t) => t.refId)).toEqual(["A", "B"]);
});

test("our own dashboard draws with nothing left out", () => {
  const board = importDashboard(ours);
  expect(board.notes).toEqual([]);
  const panels = board.sections.flatMap((s) => s.panels);
  expect(panels.flatMap((p) => p.ignored)).toEqual([]);
  expect(panels.flatMap((p) => p.targets).filter((t) => t.problem)).toEqual([]);
  expect(board.sections.map((s) => s.title)).toEqual([
    "",
    "Bodies and network",
    "Logs and traces",
    "Forecasting & Alerting",
  ]);
});

test("anything at all becomes a dashboard", () => {
  const junk = [
    null,
    1,
    "x",
    [],
    {},
    { panels: {} },
    { panels: [null, 1, { type: 7, targets: "a", gridPos: [], fieldConfig: [] }] },
    { rows: [{ panels: [{}] }] },
    { dashboard: { spec: {} } },
    { templating: { list: [{ name: "a", type: "query", query: 5, current: null }] } },
    { panels: [{ type: "graph", yaxes: "x", thresholds: [{}] }] },
  ];
  for (const source of junk) expect(() => importDashboard(source)).not.toThrow();
});

test("legacy rows become sections and spans of twelve become columns", () => {
  const board = importDashboard({
    rows: [
      {
        title: "One",
        showTitle: true,
        height: "250px",
        panels: [
          { type: "graph", span: 6 },
          { type: "graph", span: 6 },
          { type: "graph", span: 12 },
        ],
      },
      { title: "Two", showTitle: true, collapse: true, panels: [{ type: "singlestat", span: 3 }] },
    ],
  });
  expect(board.sections.map((s) => [s.title, s.collapsed])).toEqual([
    ["One", false],
    ["Two", true],
  ]);
  expect(board.sections[0]!.panels.map((p) => [p.type, p.grid.x, p.grid.y, p.grid.w, p.grid.h])).toEqual([
    ["timeseries", 0, 0, 12, 7],
    ["timeseries", 12, 0, 12, 7],
    ["timeseries", 0, 7, 24, 7],
  ]);
  expect(board.sections[1]!.panels[0]!.type).toBe("stat");
});

test("collapsed rows hold their own panels, open rows take those that follow", () => {
  const grid = (y: number) => ({ x: 0, y, w: 24, h: 4 });
  const board = importDashboard({
    panels: [
      { type: "text", gridPos: grid(0) },
      {
        type: "row",
        title: "Closed",
        collapsed: true,
        gridPos: { x: 0, y: 4, w: 24, h: 1 },
        panels: [{ type: "stat", gridPos: grid(5) }],
      },
      { type: "row", title: "Open", gridPos: { x: 0, y: 6, w: 24, h: 1 } },
      { type: "table", gridPos: grid(7) },
    ],
  });
  expect(board.sections.map((s) => [s.title, s.panels.map((p) => p.type)])).toEqual([
    ["", ["text"]],
    ["Closed", ["stat"]],
    ["Open", ["table"]],
  ]);
  expect(board.sections[2]!.panels[0]!.grid.y).toBe(0);
});

test("V1 resources, exports with inputs and V2 elements open alike", () => {
  const target = { expr: "up" };
  expect(
    panelsOf({
      apiVersion: "dashboard.grafana.app/v1",
      kind: "Dashboard",
      metadata: { name: "n" },
      spec: { panels: [{ type: "stat", targets: [target] }] },
    })[0]!.targets[0]!.expr,
  ).toBe("up");
  const exported = {
    __inputs: [{ name: "DS_L", type: "datasource", pluginId: "loki" }],
    panels: [{ type: "table", datasource: "${DS_L}", targets: [{ expr: '{a="b"}' }] }],
  };
  expect(panelsOf(exported)[0]!.targets[0]!.kind).toBe("loki");
  const v2 = {
    elements: {
      p: {
        kind: "Panel",
        spec: {
          id: 3,
          title: "T",
          vizConfig: { group: "stat", spec: { options: {} } },
          data: { spec: { queries: [{ spec: { refId: "A", query: { group: "prometheus", spec: target } } }] } },
        },
      },
    },
    layout: {
      kind: "GridLayout",
      spec: { items: [{ kind: "GridLayoutItem", spec: { x: 0, y: 0, width: 6, height: 4, element: { name: "p" } } }] },
    },
  };
  expect(panelsOf(v2)[0]).toMatchObject({ type: "stat", title: "T", grid: { w: 6, h: 4 } });
});

test("data sources resolve by type, uid, name and variable", () => {
  const kind = (datasource: unknown, list: unknown[] = []) =>
    panelsOf({ templating: { list }, panels: [{ type: "timeseries", datasource, targets: [{ expr: "x" }] }] })[0]!
      .targets[0]!.kind;
  expect(kind({ type: "loki", uid: "abc" })).toBe("loki");
  expect(kind("Mimir")).toBe("prometheus");
  expect(kind({ uid: "${logs}" }, [{ type: "datasource", name: "logs", query: "loki" }])).toBe("loki");
  expect(kind({ type: "grafana-tempo-datasource" })).toBe("tempo");
  expect(kind({ type: "postgres", uid: "x" })).toBe("none");
  expect(kind(undefined)).toBe("prometheus");
});

test("what is not drawn is named", () => {
  const [panel] = panelsOf({
    panels: [
      {
        type: "timeseries",
        targets: [],
        options: { legend: {}, timeCompare: "1d" },
        fieldConfig: {
          defaults: { glow: 1, links: [], custom: { drawStyle: "line", axisGlow: 3, gradientMode: "hue" } },
        },
      },
    ],
  });
  expect(panel!.ignored).toEqual(["options.timeCompare", "field.glow", "custom.axisGlow", "custom.gradientMode"]);
});
