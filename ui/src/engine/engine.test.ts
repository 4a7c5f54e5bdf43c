import { expect, test } from "vitest";
import { show, shownText, thresholdColor } from "./display";
import { humanDuration, parseDuration } from "./duration";
import { configureFields } from "./fields";
import { field, frame } from "./frames";
import { computeSteps, rangeMacros } from "./interval";
import { ALL, type Variable } from "./model";
import { reduce } from "./reduce";
import { parseTime, resolveRange } from "./time";
import { formatValues, interpolate, sortOptions, toOptions, type Lookup } from "./variables";

const HOUR = 3600e3;
const range = (ms: number) => ({ from: 0, to: ms });

test("steps follow range and width", () => {
  expect(computeSteps(range(HOUR), 1000, "", 1).intervalMs).toBe(15e3);
  expect(computeSteps(range(24 * HOUR), 1000, "", 1).intervalMs).toBe(60e3);
  expect(computeSteps(range(168 * HOUR), 800, "", 1).intervalMs).toBe(900e3);
  expect(computeSteps(range(HOUR), 1000, "", 1).rateIntervalMs).toBe(60e3);
  expect(computeSteps(range(HOUR), 1000, "1m", 1).rateIntervalMs).toBe(240e3);
  expect(computeSteps(range(HOUR), 100_000, "1ms", 1).stepMs).toBeGreaterThan(HOUR / 11_000);
});

const variable = (over: Partial<Variable>): Variable => ({
  name: "svc",
  label: "",
  type: "query",
  query: "",
  kind: "prometheus",
  regex: "",
  sort: 0,
  multi: true,
  includeAll: true,
  allValue: "",
  hide: 0,
  options: [
    { text: "a.b", value: "a.b" },
    { text: "c", value: "c" },
  ],
  current: [],
  ...over,
});
const lookup = (v: Variable, values: string[]): Lookup => ({
  variables: [v],
  values: { [v.name]: values },
  scope: {},
  macros: rangeMacros({ from: 1000, to: 61_000 }, computeSteps(range(HOUR), 1000, "", 1)),
});

test("variables take every form and format", () => {
  const at = (text: string, values = ["a.b"], format = "regex") =>
    interpolate(text, lookup(variable({}), values), format);
  expect(at('{s=~"$svc"}')).toBe('{s=~"a\\\\.b"}');
  expect(at("[[svc]] ${svc:raw}")).toBe("a\\\\.b a.b");
  expect(at("${svc:pipe}", ["a.b", "c"])).toBe("a.b|c");
  expect(at("$svc", ["a.b", "c"])).toBe("(a\\\\.b|c)");
  expect(at("$svc", [ALL])).toBe("(a\\\\.b|c)");
  expect(at("${svc:text}", [ALL], "glob")).toBe("All");
  expect(at("$nothing ${svc.text}")).toBe("$nothing a.b");
  expect(interpolate("$svc", lookup(variable({ allValue: ".+" }), [ALL]), "regex")).toBe(".+");
  expect(interpolate("topk($svc, x)", lookup(variable({ multi: false, includeAll: false }), ["5"]), "regex")).toBe(
    "topk(5, x)",
  );
});

test("macros of the range", () => {
  const at = (text: string) => interpolate(text, lookup(variable({}), ["c"]));
  expect(at("[$__rate_interval] $__interval_ms $__range ${__range_s}")).toBe("[1m] 15000 60s 60");
  expect(at("@ ${__to:date:seconds} $__from")).toBe("@ 61 1000");
});

test("formats", () => {
  const two = ["x y", "z'"];
  expect(
    ["csv", "json", "doublequote", "singlequote", "sqlstring", "glob", "queryparam"].map((f) =>
      formatValues(two, f, "v"),
    ),
  ).toEqual([
    "x y,z'",
    '["x y","z\'"]',
    '"x y","z\'"',
    "'x y','z\\''",
    "'x y','z'''",
    "{x y,z'}",
    "var-v=x%20y&var-v=z'",
  ]);
});

test("options are filtered, cut, freed of doubles and sorted", () => {
  expect(toOptions(["a-1", "b-2", "a-1", "x"], "/(?<text>\\w)-(?<value>\\d)/", 2)).toEqual([
    { text: "b", value: "2" },
    { text: "a", value: "1" },
  ]);
  expect(toOptions(["a"], "/(/", 0)).toEqual([{ text: "a", value: "a" }]);
  const o = (text: string) => ({ text, value: text });
  expect(sortOptions([o("10"), o("9"), o("a")], 3).map((x) => x.text)).toEqual(["a", "9", "10"]);
});

test("times, relative and absolute", () => {
  const now = new Date(2026, 0, 31, 12, 34, 56).getTime();
  expect(parseTime("now-1h", now, false)).toBe(now - HOUR);
  expect(parseTime("now/d", now, false)).toBe(new Date(2026, 0, 31).getTime());
  expect(parseTime("now/d", now, true)).toBe(new Date(2026, 1, 1).getTime() - 1);
  expect(parseTime("now-1d/d", now, false)).toBe(new Date(2026, 0, 30).getTime());
  expect(parseTime("1700000000000", now, false)).toBe(1700000000000);
  expect(parseTime("now-x", now, false)).toBeUndefined();
  expect(resolveRange({ from: "nonsense", to: "now" }, now)).toEqual({ from: now - HOUR, to: now });
});

test("durations", () => {
  expect(["5s", "1h30m", "500ms", "x", ""].map(parseDuration)).toEqual([5000, 5400e3, 500, undefined, undefined]);
  expect([0, 0.004, 0.5, 1.234, 1534, 93784e3].map(humanDuration)).toEqual([
    "0 ms",
    "4 µs",
    "500 µs",
    "1.23 ms",
    "1.53 s",
    "26 h 3 min",
  ]);
});

test("thresholds colour at their value, not before", () => {
  const config = {
    thresholds: {
      steps: [
        { color: "green", value: null },
        { color: "yellow", value: 1 },
        { color: "red", value: 5 },
      ],
    },
  };
  expect([0, 0.99, 1, 4.9, 5].map((v) => thresholdColor(v, config))).toEqual([
    "#73BF69",
    "#73BF69",
    "#FADE2A",
    "#FADE2A",
    "#F2495C",
  ]);
  expect(shownText(show(4, { ...config, unit: "percent" }))).toBe("4%");
  const share = {
    thresholds: {
      mode: "percentage",
      steps: [
        { color: "green", value: null },
        { color: "red", value: 50 },
      ],
    },
    min: 0,
    max: 10,
  };
  expect(show(6, share).color).toBe("#F2495C");
});

test("mappings by value, range, pattern and special", () => {
  const mappings = [
    { type: "value", options: { "1": { text: "up", color: "green" } } },
    { type: "range", options: { from: null, to: 0, result: { text: "none" } } },
    { type: "regex", options: { pattern: "^ab", result: { text: "starts" } } },
    { type: "special", options: { match: "null", result: { text: "missing" } } },
  ];
  expect([1, -3, "abc", null, 7].map((v) => show(v, { mappings }).text)).toEqual([
    "up",
    "none",
    "starts",
    "missing",
    "7",
  ]);
});

test("reducers leave out what is missing", () => {
  const v = [1, null, 3, null];
  expect(
    ["lastNotNull", "last", "mean", "max", "sum", "count", "range", "p50", "unheard of"].map((c) => reduce(v, c)),
  ).toEqual([3, null, 2, 3, 4, 4, 2, 3, 3]);
  expect(reduce([], "mean")).toBeNull();
});

test("later overrides win and reach only what they match", () => {
  const f = frame("A", "table", [field("a", "number", [1]), field("b", "number", [2])]);
  configureFields([f], { unit: "s" }, [
    {
      matcher: { id: "byRegexp", options: "/^[ab]$/" },
      properties: [
        { id: "unit", value: "ms" },
        { id: "custom.width", value: 9 },
      ],
    },
    { matcher: { id: "byName", options: "b" }, properties: [{ id: "unit", value: "bytes" }] },
    { matcher: { id: "byFrameRefID", options: "B" }, properties: [{ id: "unit", value: "never" }] },
  ]);
  expect(f.fields.map((x) => x.config)).toEqual([
    { unit: "ms", custom: { width: 9 } },
    { unit: "bytes", custom: { width: 9 } },
  ]);
});
