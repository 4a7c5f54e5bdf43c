// The old panel types graph, singlestat and table-old as today's: same picture, today's keys.
import { at, bool, list, num, objects, str, strings, type Json } from "../json";

export function modernise(panel: Json): Json {
  switch (str(panel.type)) {
    case "graph":
      return { ...panel, ...fromGraph(panel), type: "timeseries" };
    case "singlestat":
    case "grafana-singlestat-panel":
      return { ...panel, ...fromSinglestat(panel), type: bool(at(panel, "gauge.show")) ? "gauge" : "stat" };
    case "table-old":
      return { ...panel, type: "table" };
    case "grafana-piechart-panel":
      return { ...panel, type: "piechart", options: { pieType: panel.pieType, ...(panel.options as Json) } };
    case "text2":
      return { ...panel, type: "text" };
    case "text":
      return panel.content === undefined
        ? panel
        : { ...panel, options: { content: panel.content, mode: panel.mode, ...(panel.options as Json) } };
    default:
      return panel;
  }
}

function fromGraph(panel: Json): Json {
  const axis = objects(panel.yaxes)[0] ?? {};
  const legend = (panel.legend ?? {}) as Json;
  const calcs = ["min", "max", "avg", "current", "total"].filter((name) => bool(legend[name]));
  const steps = objects(panel.thresholds).filter((t) => num(t.value) !== undefined);
  const custom: Json = {
    drawStyle: bool(panel.bars) ? "bars" : panel.lines === false && bool(panel.points) ? "points" : "line",
    lineWidth: bool(panel.bars) ? 0 : (num(panel.linewidth) ?? 1),
    fillOpacity: bool(panel.bars) ? 80 : (num(panel.fill) ?? 1) * 10,
    stacking: { mode: bool(panel.stack) ? (bool(panel.percentage) ? "percent" : "normal") : "none", group: "A" },
    lineInterpolation: bool(panel.steppedLine) ? "stepAfter" : "linear",
    spanNulls: panel.nullPointMode === "connected",
    showPoints: bool(panel.points) ? "always" : "never",
    thresholdsStyle: { mode: steps.length > 0 ? "line" : "off" },
    axisLabel: str(axis.label),
    scaleDistribution: (num(axis.logBase) ?? 1) > 1 ? { type: "log", log: num(axis.logBase) } : { type: "linear" },
  };
  const defaults: Json = {
    unit: str(axis.format) || "short",
    decimals: num(panel.decimals),
    min: num(axis.min),
    max: num(axis.max),
    color: { mode: "palette-classic" },
    custom,
    thresholds: {
      mode: "absolute",
      steps: [
        { color: "green", value: null },
        ...steps.map((t) => ({ color: thresholdColour(t), value: num(t.value) })),
      ],
    },
  };
  const modern: Record<string, string> = { avg: "mean", current: "lastNotNull", total: "sum" };
  return {
    options: {
      legend: {
        showLegend: legend.show !== false,
        displayMode: bool(legend.alignAsTable) ? "table" : "list",
        placement: bool(legend.rightSide) ? "right" : "bottom",
        calcs: bool(legend.values) ? calcs.map((c) => modern[c] ?? c) : [],
      },
      tooltip: { mode: at(panel, "tooltip.shared") === false ? "single" : "multi", sort: "none" },
    },
    fieldConfig: { defaults, overrides: [...aliasColours(panel), ...seriesOverrides(panel)] },
  };
}

function thresholdColour(threshold: Json): string {
  const mode = str(threshold.colorMode);
  if (mode === "custom") return str(threshold.lineColor) || str(threshold.fillColor) || "red";
  return { warning: "orange", ok: "green" }[mode] ?? "red";
}

function aliasColours(panel: Json): Json[] {
  return Object.entries((panel.aliasColors ?? {}) as Json).map(([name, color]) => ({
    matcher: { id: "byName", options: name },
    properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
  }));
}

function seriesOverrides(panel: Json): Json[] {
  return objects(panel.seriesOverrides).map((o) => {
    const alias = str(o.alias);
    const properties: Json[] = [];
    const set = (id: string, value: unknown) => properties.push({ id, value });
    if (o.color !== undefined) set("color", { mode: "fixed", fixedColor: o.color });
    if (num(o.fill) !== undefined) set("custom.fillOpacity", num(o.fill)! * 10);
    if (num(o.linewidth) !== undefined) set("custom.lineWidth", num(o.linewidth));
    if (bool(o.dashes)) set("custom.lineStyle", { fill: "dash", dash: [10, 10] });
    if (o.transform === "negative-Y") set("custom.transform", "negative-Y");
    if (o.stack === false) set("custom.stacking", { mode: "none" });
    if (num(o.yaxis) === 2) set("custom.axisPlacement", "right");
    if (bool(o.bars)) set("custom.drawStyle", "bars");
    const regex = /^\/(.*)\/[a-z]*$/.test(alias);
    return { matcher: { id: regex ? "byRegexp" : "byName", options: alias }, properties };
  });
}

function fromSinglestat(panel: Json): Json {
  const bounds = str(panel.thresholds)
    .split(",")
    .map((t) => num(t))
    .filter((t) => t !== undefined);
  const colours = strings(panel.colors);
  const steps = [null, ...bounds].map((value, i) => ({
    value,
    color: colours[i] ?? ["green", "yellow", "red"][i] ?? "red",
  }));
  const calc = { avg: "mean", current: "lastNotNull", total: "sum", name: "lastNotNull" }[str(panel.valueName)];
  const nulls = objects(panel.valueMaps).map((m) => ({
    type: m.value === "null" ? "special" : "value",
    options: m.value === "null" ? { match: "null", result: { text: m.text } } : { [str(m.value)]: { text: m.text } },
  }));
  return {
    options: {
      reduceOptions: { calcs: [calc ?? (str(panel.valueName) || "mean")], values: false },
      colorMode: bool(panel.colorBackground) ? "background" : bool(panel.colorValue) ? "value" : "none",
      graphMode: bool(at(panel, "sparkline.show")) ? "area" : "none",
      textMode: "auto",
    },
    fieldConfig: {
      defaults: {
        unit: str(panel.format),
        decimals: num(panel.decimals),
        min: num(at(panel, "gauge.minValue")),
        max: num(at(panel, "gauge.maxValue")),
        mappings: [...nulls, ...list(panel.mappings)],
        thresholds: { mode: "absolute", steps },
      },
      overrides: [],
    },
  };
}
