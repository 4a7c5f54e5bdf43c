// What a series is called: its legend, or what tells it from the others.
import { str } from "./json";
import type { Field, Frame } from "./frames";

export function seriesName(labels: Record<string, string>, metric = labels.__name__ ?? ""): string {
  const pairs = Object.keys(labels)
    .filter((k) => k !== "__name__")
    .sort()
    .map((k) => `${k}="${labels[k]}"`);
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(", ")}}`;
}

export function applyLegend(legend: string, labels: Record<string, string>): string {
  return legend.replace(/\{\{\s*([^}]*?)\s*\}\}/g, (_, key: string) => labels[key] ?? "");
}

// For each label set, only the labels that differ over all of them: "core", not {service_name="core"}.
export function distinguishing(sets: Record<string, string>[]): string[] {
  const keys = [...new Set(sets.flatMap((s) => Object.keys(s)))].filter((k) => k !== "__name__").sort();
  const different = keys.filter((k) => new Set(sets.map((s) => s[k] ?? "")).size > 1);
  const used = sets.length > 1 ? different : keys;
  if (used.length === 0) return sets.map((s) => s.__name__ ?? "");
  return sets.map((s) =>
    used.length === 1
      ? (s[used[0]!] ?? "")
      : used
          .filter((k) => s[k])
          .map((k) => `${k}="${s[k]}"`)
          .join(", "),
  );
}

// As fields are shown: the configured name, the legend, else what the panel's other fields leave open.
export function displayName(f: Field, frames: Frame[]): string {
  const configured = str(f.config.displayName);
  if (configured) return expandName(configured, f);
  if (f.source) return f.source;
  if (Object.keys(f.labels).length === 0) return f.name;
  const peers = frames.flatMap((x) => x.fields).filter((x) => x.type === "number");
  if (peers.length === 1) return seriesName(f.labels, "") || f.name;
  const names = distinguishing(peers.map((p) => p.labels));
  return names[peers.indexOf(f)] || f.name;
}

function expandName(template: string, f: Field): string {
  return template.replace(
    /\$\{__(field|series)\.(name|displayName|labels)(?:\.([\w]+)|\[["']?([\w]+)["']?\])?\}|\$__cell_0/g,
    (_, __, what, a, b) =>
      what === "labels" ? (a || b ? (f.labels[a ?? b] ?? "") : seriesName(f.labels, "")) : f.source || f.name,
  );
}
