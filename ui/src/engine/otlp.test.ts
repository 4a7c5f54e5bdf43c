import { expect, test } from "vitest";
import { hexId, readTrace } from "./otlp";
import { criticalPath, selfTime, visibleSpans } from "./waterfall";

const span = (id: string, parent: string, start: number, end: number, more = {}) => ({
  spanId: id.padStart(16, "0"),
  parentSpanId: parent && parent.padStart(16, "0"),
  name: id,
  startTimeUnixNano: `17000000000000${String(start).padStart(5, "0")}`,
  endTimeUnixNano: `17000000000000${String(end).padStart(5, "0")}`,
  ...more,
});
const trace = (spans: object[]) =>
  readTrace(
    {
      trace: {
        resourceSpans: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "core" } }] },
            scopeSpans: [{ spans }],
          },
        ],
      },
    },
    "t",
  )!;

test("spans come in tree order, children by their start", () => {
  const t = trace([
    span("c", "a", 500, 600),
    span("b", "a", 100, 200),
    span("a", "", 0, 1000),
    span("d", "b", 120, 150),
  ]);
  expect(t.spans.map((s) => [s.name, s.depth, s.end])).toEqual([
    ["a", 0, 4],
    ["b", 1, 3],
    ["d", 2, 3],
    ["c", 1, 4],
  ]);
  expect(visibleSpans(t, new Set([t.spans[1]!.id]))).toEqual([0, 1, 3]);
  expect(selfTime(t, 0)).toBeCloseTo(0.0008, 9);
});

test("the critical path follows the child that ended last", () => {
  const t = trace([
    span("a", "", 0, 1000),
    span("b", "a", 100, 500),
    span("c", "a", 200, 900),
    span("d", "a", 10, 190),
  ]);
  expect([...criticalPath(t)].map((i) => t.spans[i]!.name).sort()).toEqual(["a", "c", "d"]);
});

test("orphans, circles, doubles and a chain of fifty thousand are drawn", () => {
  expect(trace([span("x", "gone", 0, 1)]).spans[0]!.orphan).toBe(true);
  expect(trace([span("a", "b", 0, 1), span("b", "a", 0, 1)]).spans).toHaveLength(2);
  expect(trace([span("a", "", 0, 1), span("a", "", 0, 1)]).spans).toHaveLength(1);
  const chain = Array.from({ length: 50_000 }, (_, i) =>
    span((i + 1).toString(16), i === 0 ? "" : i.toString(16), 0, 9),
  );
  expect(trace(chain).spans.at(-1)!.depth).toBe(49_999);
});

test("ids are read as hex and as base64", () => {
  expect(hexId("00F067AA0BA902B7", 8)).toBe("00f067aa0ba902b7");
  expect(hexId("APBnqgupArc=", 8)).toBe("00f067aa0ba902b7");
  expect(hexId("AAAAAAAAAAA=", 8)).toBe("");
});

test("errors, kinds and values of any type", () => {
  const t = trace([
    span("a", "", 0, 1, {
      kind: 2,
      status: { code: "STATUS_CODE_ERROR", message: "m" },
      attributes: [
        { key: "n", value: { intValue: "5" } },
        { key: "l", value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } } },
      ],
    }),
  ]);
  expect(t.spans[0]).toMatchObject({
    kind: "server",
    error: true,
    attributes: [
      ["n", "5"],
      ["l", "[true, 1.5]"],
    ],
  });
  expect(readTrace({}, "t")).toBeUndefined();
});
