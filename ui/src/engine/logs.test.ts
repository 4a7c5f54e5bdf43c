import { expect, test } from "vitest";
import { readLogs } from "./logs";
import { readTraces } from "./traces";

const stream = (values: unknown[]) =>
  readLogs({ resultType: "streams", result: [{ stream: { service_name: "core" }, values }] });

test("lines come newest first with their fields", () => {
  const id = "0af7651916cd43dd8448eb211c80319c";
  const rows = stream([
    [
      "1700000000000000001",
      "GET / 200",
      { structuredMetadata: { trace_id: id, http_response_status_code: "200" }, parsed: { a: "b" } },
    ],
    ["1700000000000000002", "b", {}],
  ]);
  expect(rows.map((r) => r.line)).toEqual(["b", "GET / 200"]);
  expect(rows[1]).toMatchObject({
    traceId: id,
    service: "core",
    level: "info",
    timeMs: 1700000000000,
    parsed: { a: "b" },
  });
});

test("levels: the record's own, then the status, then a word", () => {
  const level = (metadata: object, line = "x") => stream([["1", line, { structuredMetadata: metadata }]])[0]!.level;
  expect(level({ detected_level: "warning" })).toBe("warn");
  expect(level({ severity_text: "ERROR" })).toBe("error");
  expect(level({ http_response_status_code: "503" })).toBe("error");
  expect(level({}, "level=debug msg=x")).toBe("debug");
  expect(level({})).toBe("unknown");
});

test("equal lines keep apart, and old two-part entries are read", () => {
  const rows = stream([
    ["1", "x"],
    ["1", "x"],
  ]);
  expect(new Set(rows.map((r) => r.id)).size).toBe(2);
});

test("short trace ids are filled up and sums taken from the services", () => {
  const [t] = readTraces({
    traces: [
      {
        traceID: "ab",
        rootServiceName: "core",
        startTimeUnixNano: "1700000000123456789",
        durationMs: 5,
        serviceStats: { core: { spanCount: 2 }, db: { spanCount: 1, errorCount: 1 } },
      },
    ],
  });
  expect(t).toMatchObject({ id: "ab".padStart(32, "0"), spans: 3, errors: 1, startMs: 1700000000123.4568 });
});
