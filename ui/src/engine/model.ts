// The panel model: what every dashboard format is imported into. Plain data, no DOM.
import type { Json } from "./json";

export type DataKind = "prometheus" | "loki" | "tempo";

export interface Target {
  refId: string;
  kind: DataKind | "none";
  expr: string;
  legend: string; // "" = the series' full name, "__auto" = only what tells series apart
  instant: boolean;
  format: "time_series" | "table" | "heatmap";
  interval: string; // smallest step, "" = the data source's
  intervalFactor: number;
  hide: boolean;
  limit?: number;
  problem?: string; // why it cannot be asked, for the reader
}

export interface Matcher {
  id: string;
  options: unknown;
}

export interface FieldOverride {
  matcher: Matcher;
  properties: { id: string; value: unknown }[];
}

export interface Transformation {
  id: string;
  options: Json;
  disabled: boolean;
}

export interface Link {
  title: string;
  url: string;
  newTab: boolean;
}

export interface Grid {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  key: string; // unique on the dashboard, repeats included
  id: number;
  type: string;
  title: string;
  description: string;
  grid: Grid;
  targets: Target[];
  options: Json;
  defaults: Json; // fieldConfig.defaults
  overrides: FieldOverride[];
  transformations: Transformation[];
  links: Link[];
  interval: string;
  maxDataPoints?: number;
  timeFrom: string;
  timeShift: string;
  repeat: string;
  repeatVertical: boolean;
  maxPerRow: number;
  scope: Scope; // variables fixed by a repeat
  ignored: string[]; // options of the source that are not drawn, by name
}

export interface Section {
  key: string;
  title: string; // "" for the panels above the first row
  collapsed: boolean;
  repeat: string;
  scope: Scope;
  panels: Panel[];
}

export type VariableType = "query" | "custom" | "constant" | "interval" | "textbox" | "datasource" | "adhoc";

export interface Option {
  text: string;
  value: string;
}

export interface Variable {
  name: string;
  label: string;
  type: VariableType;
  query: string;
  kind: DataKind;
  regex: string;
  sort: number;
  multi: boolean;
  includeAll: boolean;
  allValue: string;
  hide: number; // 0 shown, 1 without label, 2 not at all
  options: Option[];
  current: string[];
}

// Variable name to chosen values. "$__all" alone stands for all.
export type Values = Record<string, string[]>;
export type Scope = Record<string, Option>;
export const ALL = "$__all";

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  from: string;
  to: string;
  refresh: string;
  variables: Variable[];
  sections: Section[];
  links: Link[];
  notes: string[]; // what the import could not take over
}
