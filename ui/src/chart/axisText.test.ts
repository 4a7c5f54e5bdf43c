import { expect, test } from "vitest";
import { axisTexts } from "./axisText";

test("ticks have the decimals that their steps need, by size", () => {
  expect(axisTexts([0, 500, 1000, 1500], "ms")).toEqual(["0 ms", "500 ms", "1.0 s", "1.5 s"]);
  expect(axisTexts([0, 0.25, 0.5], "reqps")).toEqual(["0 req/s", "0.25 req/s", "0.50 req/s"]);
  expect(axisTexts([0, 4096, 8192], "bytes")).toEqual(["0 B", "4 KiB", "8 KiB"]);
  expect(axisTexts([0, 1 / 3], "short")).toEqual(["0", "0.3333"]);
  expect(axisTexts([1, 2], "percent", 2)).toEqual(["1.00%", "2.00%"]);
});
