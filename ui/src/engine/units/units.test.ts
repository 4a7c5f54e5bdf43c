// golden.json holds the texts that Grafana's own formatter gives for a grid of units and values.
import { expect, test } from "vitest";
import golden from "./golden.json";
import { formatValue } from "./units";

for (const [unit, texts] of Object.entries(golden.units)) {
  test(`unit ${unit} writes values as Grafana does`, () => {
    const ours = golden.values.map((value) => formatValue(value, unit));
    expect(ours.map((t) => t.trim())).toEqual(texts.map((t) => t.trim()));
  });
}

test("asked decimals are kept", () => {
  for (const [key, text] of Object.entries(golden.decimals)) {
    const [unit, decimals, value] = key.split("|");
    expect(formatValue(Number(value), unit!, Number(decimals))).toBe(text);
  }
});

test("an unknown unit follows the value", () => {
  expect(formatValue(5.5, "items/sec")).toBe("5.50 items/sec");
  expect(formatValue(5.5, "prefix:foo")).toBe("foo5.50");
  expect(formatValue(Infinity, "s")).toBe("+Inf");
  expect(formatValue(null, "s")).toBe("");
  expect(formatValue(1, "constructor")).toBe("1 constructor");
});
