import { expect, test } from "vitest";
import { importDashboard } from "../import/import";
import { readPanelData } from "../panelData";
import { forecasts, panelQueries } from "../queries";
import type { BatchResult } from "../wire";
import { seriesChart } from "./series";
import { cellShown, sortRows, tableOf } from "./table";
import { singleValues } from "./values";

type Answer = { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] };

// A panel with its answers by refId, as far as its data.
function run(panel: object, answers: Record<string, Answer[]>, to = 60_000) {
  const [p] = importDashboard({ panels: [panel] }).sections[0]!.panels;
  const queries = panelQueries(p!, { range: { from: 0, to }, variables: [], values: {}, widthPx: 500 });
  const results = new Map<string, BatchResult>(
    queries.map((q) => {
      const result = answers[q.target.refId]!;
      return [
        q.id,
        { id: q.id, status: "success", data: { resultType: result[0]?.value ? "vector" : "matrix", result } },
      ];
    }),
  );
  return { panel: p!, data: readPanelData(p!, queries, results), queries };
}

test("a stat without options shows the last value of each series under its distinguishing label", () => {
  const { panel, data } = run(
    { type: "stat", targets: [{ expr: "x" }], fieldConfig: { defaults: { unit: "reqps" } } },
    {
      A: [
        {
          metric: { service_name: "core", job: "j" },
          values: [
            [0, "1"],
            [15, "12.34"],
          ],
        },
        {
          metric: { service_name: "db", job: "j" },
          values: [
            [0, "NaN"],
            [15, "3"],
          ],
        },
      ],
    },
  );
  expect(singleValues(data.frames, panel.options).map((v) => [v.name, v.shown.text + v.shown.suffix])).toEqual([
    ["core", "12.3 req/s"],
    ["db", "3 req/s"],
  ]);
});

test("a table of several series becomes one of labels and last values, greatest first", () => {
  const { panel, data } = run(
    { type: "table", targets: [{ expr: "x" }] },
    {
      A: [
        {
          metric: { r: "/a", s: "core" },
          values: [
            [0, "9"],
            [15, "1"],
          ],
        },
        { metric: { r: "/b", s: "db" }, values: [[15, "5"]] },
      ],
    },
  );
  const table = tableOf(data.frames, panel.options);
  expect(table.columns.map((c) => c.name)).toEqual(["r", "s", "Value"]);
  const by = table.columns.find((c) => c.name === table.initialSort!.column)!;
  expect(
    sortRows(table, by.key, true).map((row) => table.columns.map((c) => cellShown(c, c.field.values[row]!).text)),
  ).toEqual([
    ["/b", "db", "5"],
    ["/a", "core", "1"],
  ]);
});

test("instant tables merge on what they share and are organised", () => {
  const rows = (a: string, b: string): Answer[] => [
    { metric: { s: "core" }, value: [60, a] },
    { metric: { s: "db" }, value: [60, b] },
  ];
  const { panel, data } = run(
    {
      type: "table",
      targets: [
        { expr: "x", refId: "A", format: "table", instant: true },
        { expr: "y", refId: "B", format: "table", instant: true },
      ],
      transformations: [
        { id: "merge", options: {} },
        {
          id: "organize",
          options: {
            excludeByName: { Time: true },
            indexByName: { "Value #B": 0, s: 1, "Value #A": 2 },
            renameByName: { "Value #A": "Rate" },
          },
        },
        { id: "heatmap", options: {} },
      ],
    },
    { A: rows("1", "2"), B: rows("3", "4").slice(0, 1) },
  );
  const table = tableOf(data.frames, panel.options);
  expect(table.columns.map((c) => [c.name, c.field.values])).toEqual([
    ["Value #B", [3, null]],
    ["s", ["core", "db"]],
    ["Rate", [1, 2]],
  ]);
  expect(data.notes).toEqual(["transformation heatmap"]);
});

test("lines break where a step is missing", () => {
  const { data } = run(
    { type: "timeseries", targets: [{ expr: "x", legendFormat: "{{s}}!" }] },
    {
      A: [
        {
          metric: { s: "a" },
          values: [
            [0, "1"],
            [15, "2"],
            [60, "3"],
          ],
        },
      ],
    },
  );
  const chart = seriesChart(data.frames, {}, [], 60_000, 15_000);
  expect(chart.lines[0]).toMatchObject({ name: "a!", values: [1, 2, null, 3] });
});

test("stacked lines stand on each other, in percent of all", () => {
  const stack = (mode: string) => {
    const { data } = run(
      { type: "timeseries", targets: [{ expr: "x" }], fieldConfig: { defaults: { custom: { stacking: { mode } } } } },
      {
        A: [
          {
            metric: { s: "a" },
            values: [
              [0, "1"],
              [15, "3"],
            ],
          },
          { metric: { s: "b" }, values: [[15, "1"]] },
        ],
      },
    );
    return seriesChart(data.frames, {}, [], 60_000, 15_000).lines.map((l) => l.drawn);
  };
  expect(stack("normal")).toEqual([
    [1, 3],
    [1, 4],
  ]);
  expect(stack("percent")).toEqual([
    [100, 75],
    [100, 100],
  ]);
});

test("a forecast goes on from the last value to the predicted one, behind now", () => {
  const { panel, data } = run(
    {
      type: "timeseries",
      options: { tarsier: { forecast: [{ refId: "B", of: "A", ahead: "1m" }] } },
      targets: [
        { expr: "x", refId: "A" },
        { expr: "predict_linear(x[5m], 60)", refId: "B", instant: true },
      ],
    },
    {
      A: [
        {
          metric: { s: "a" },
          values: [
            [0, "1"],
            [60, "2"],
          ],
        },
        { metric: { s: "b" }, values: [[60, "7"]] },
      ],
      B: [{ metric: { s: "a" }, value: [60, "6"] }],
    },
  );
  const chart = seriesChart(data.frames, panel.options, forecasts(panel), 60_000, 30_000);
  expect(chart.end).toBe(60_000);
  expect(chart.times).toEqual([0, 15_000, 60_000, 90_000, 120_000]);
  expect(chart.lines.map((l) => [l.name, l.forecast, l.values])).toEqual([
    ['{s="a"}', false, [1, null, 2, null, null]],
    ['{s="b"}', false, [null, null, 7, null, null]],
    ['{s="a"} (forecast)', true, [null, null, 2, 4, 6]],
  ]);
});

test("a failing query shows its error and keeps what it said before", () => {
  const { panel, queries } = run({ type: "stat", targets: [{ expr: "x" }] }, { A: [] });
  const data = { resultType: "vector", result: [{ metric: {}, value: [1, "5"] }] };
  const read = readPanelData(
    panel,
    queries,
    new Map([[queries[0]!.id, { id: queries[0]!.id, status: "error", error: "1:2: parse error", data }]]),
  );
  expect(read.errors).toEqual([{ refId: "A", text: "1:2: parse error" }]);
  expect(singleValues(read.frames, {})[0]!.value).toBe(5);
});
