// A field's value as text and colour: unit, decimals, mappings, thresholds, colour mode.
import { keyColor } from "./colorKeys";
import { CLASSIC, resolveColor, schemeColor } from "./color";
import { isObject, num, obj, objects, str, type Json } from "./json";
import type { Cell } from "./frames";
import { formatParts } from "./units/units";

export interface Shown {
  text: string;
  prefix: string;
  suffix: string;
  color?: string; // of thresholds, mappings or scheme; undefined = none was asked
  mapped: boolean;
}

export interface Threshold {
  value: number; // -Infinity for the base
  color: string;
}

export function readThresholds(config: Json): { steps: Threshold[]; percentage: boolean } {
  const thresholds = obj(config.thresholds);
  const raw = objects(thresholds.steps).map((s, i) => ({
    value: num(s.value) ?? (i === 0 || s.value === null ? -Infinity : NaN),
    color: resolveColor(str(s.color, "green")),
  }));
  const steps = raw.filter((s) => !Number.isNaN(s.value)).sort((a, b) => a.value - b.value);
  const fallback = [
    { value: -Infinity, color: resolveColor("green") },
    { value: 80, color: resolveColor("red") },
  ];
  return { steps: steps.length > 0 ? steps : fallback, percentage: thresholds.mode === "percentage" };
}

export function thresholdColor(value: number, config: Json, min = 0, max = 100): string {
  const { steps, percentage } = readThresholds(config);
  const v = percentage ? ((value - min) / (max - min)) * 100 : value;
  let color = steps[0]!.color;
  for (const step of steps) if (v >= step.value) color = step.color;
  return color;
}

interface Mapped {
  text?: string;
  color?: string;
}

export function mapValue(value: Cell | undefined, mappings: unknown): Mapped | undefined {
  for (const mapping of objects(mappings)) {
    const hit = tryMapping(value, mapping);
    if (hit)
      return {
        text: hit.text === undefined ? undefined : str(hit.text),
        color: str(hit.color) ? resolveColor(str(hit.color)) : undefined,
      };
  }
  return undefined;
}

function tryMapping(value: Cell | undefined, mapping: Json): Json | undefined {
  const options = obj(mapping.options);
  switch (str(mapping.type)) {
    case "value":
    case "1":
      if (!isObject(mapping.options)) return str(mapping.value) === str(value) ? { text: mapping.text } : undefined;
      return Object.hasOwn(options, str(value)) ? obj(options[str(value)]) : undefined;
    case "range":
    case "2": {
      const v = typeof value === "number" ? value : num(value);
      const from = num(options.from) ?? num(mapping.from) ?? -Infinity;
      const to = num(options.to) ?? num(mapping.to) ?? Infinity;
      if (v === undefined || v < from || v > to) return undefined;
      return isObject(mapping.options) ? obj(options.result) : { text: mapping.text };
    }
    case "regex":
      return typeof value === "string" && safeRegex(str(options.pattern))?.test(value)
        ? obj(options.result)
        : undefined;
    case "special":
      return isSpecial(value, str(options.match)) ? obj(options.result) : undefined;
    default:
      return undefined;
  }
}

function isSpecial(value: Cell | undefined, match: string): boolean {
  const missing = value === null || value === undefined;
  const nan = typeof value === "number" && Number.isNaN(value);
  if (match === "null") return missing;
  if (match === "nan") return nan;
  if (match === "null+nan") return missing || nan;
  if (match === "empty") return value === "";
  return value === (match === "true") && typeof value === "boolean";
}

export function safeRegex(text: string): RegExp | undefined {
  const parts = /^\/(.*)\/([gimsuy]*)$/s.exec(text);
  try {
    return parts ? new RegExp(parts[1]!, parts[2]!.replace("g", "")) : new RegExp(text);
  } catch {
    return undefined;
  }
}

// `min` and `max` are those of all the panel's values, for percentages and schemes.
export function show(value: Cell | undefined, config: Json, min = 0, max = 100): Shown {
  const low = num(config.min) ?? min;
  const high = num(config.max) ?? max;
  const mapped = mapValue(value, config.mappings);
  const mode = str(obj(config.color).mode, "thresholds");
  let color = mapped?.color;
  if (!color && typeof value === "number" && !Number.isNaN(value)) {
    if (mode === "thresholds") color = thresholdColor(value, config, low, high);
    else color = schemeColor(mode, (value - low) / (high - low || 1));
  }
  if (!color && (mode === "fixed" || mode === "shades")) color = fixedColor(config);
  if (mapped?.text !== undefined && mapped.text !== "")
    return { text: mapped.text, prefix: "", suffix: "", color, mapped: true };
  if (value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))) {
    return {
      text: str(config.noValue) || (value === undefined || value === null ? "No data" : "NaN"),
      prefix: "",
      suffix: "",
      color,
      mapped: false,
    };
  }
  if (typeof value !== "number") return { text: String(value), prefix: "", suffix: "", color, mapped: false };
  const parts = formatParts(value, str(config.unit), num(config.decimals));
  return { text: parts.text, prefix: parts.prefix ?? "", suffix: parts.suffix, color, mapped: false };
}

export function shownText(shown: Shown): string {
  return shown.prefix + shown.text + shown.suffix;
}

export function fixedColor(config: Json): string {
  return resolveColor(str(obj(config.color).fixedColor, "gray"));
}

// A series' own colour: what its mode says for a thing that is not one value. `key` is the label's
// value that options.tarsier.colorBy chose, "" for none.
export function seriesColor(config: Json, index: number, name: string, last: number | null, key = ""): string {
  const mode = str(obj(config.color).mode, "palette-classic");
  if (key && mode === "palette-classic") return keyColor(key);
  if (mode === "fixed" || mode === "shades") return fixedColor(config);
  if (mode === "palette-classic-by-name") return CLASSIC[hash(name) % CLASSIC.length]!;
  if (mode === "thresholds" && last !== null) return thresholdColor(last, config);
  if (mode.startsWith("continuous") && last !== null) return schemeColor(mode, last / 100) ?? CLASSIC[0]!;
  return CLASSIC[index % CLASSIC.length]!;
}

export function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}
