import { at, bool, isObject, num, objects, str, strings, type Json } from "../json";
import { ALL, type DataKind, type Option, type Variable, type VariableType } from "../model";
import { readSource } from "./datasource";

const TYPES = new Set(["query", "custom", "constant", "interval", "textbox", "datasource", "adhoc"]);

export function datasourceVariables(spec: Json): Map<string, DataKind> {
  const found = new Map<string, DataKind>();
  for (const variable of objects(at(spec, "templating.list"))) {
    if (variable.type !== "datasource") continue;
    const kind = readSource(str(variable.query), new Map())?.kind;
    if (kind && kind !== "none") found.set(str(variable.name), kind);
  }
  return found;
}

export function readVariables(spec: Json, sources: Map<string, DataKind>): Variable[] {
  return objects(at(spec, "templating.list"))
    .filter((v) => str(v.name) !== "" && TYPES.has(str(v.type)))
    .map((v) => readVariable(v, sources));
}

function readVariable(v: Json, sources: Map<string, DataKind>): Variable {
  const type = str(v.type) as VariableType;
  const query = isObject(v.query) ? str(v.query.query) || queryOfForm(v.query) : str(v.query);
  const kind = readSource(v.datasource, sources)?.kind;
  const options = readOptions(v, type, query);
  return {
    name: str(v.name),
    label: str(v.label) || str(v.name),
    type,
    query: query || str(v.definition),
    kind: kind && kind !== "none" ? kind : "prometheus",
    regex: str(v.regex),
    sort: num(v.sort) ?? 0,
    multi: bool(v.multi),
    includeAll: bool(v.includeAll),
    allValue: str(v.allValue),
    hide: typeof v.hide === "string" ? ({ hideLabel: 1, hideVariable: 2 }[v.hide] ?? 0) : (num(v.hide) ?? 0),
    options,
    current: readCurrent(v, type, options),
  };
}

// A query variable saved as a form: label and metric apart, or label and stream.
function queryOfForm(form: Json): string {
  const label = str(form.label);
  if (!label) return "";
  const of = str(form.metric) || str(form.stream);
  return of ? `label_values(${of}, ${label})` : `label_values(${label})`;
}

function readOptions(v: Json, type: VariableType, query: string): Option[] {
  if (type === "constant" || type === "textbox") return [{ text: query, value: query }];
  if (type === "custom" || type === "interval") {
    const options = splitCustom(query);
    if (options.length > 0) return options;
  }
  return objects(v.options)
    .map((o) => ({ text: str(o.text) || str(o.value), value: str(o.value) }))
    .filter((o) => o.value !== ALL && !o.value.startsWith("$__auto"));
}

// "a, b : c, d\, e": a comma between, a backslash before one that belongs, "text : value".
export function splitCustom(query: string): Option[] {
  return query
    .split(/(?<!\\),/)
    .map((part) => part.replace(/\\,/g, ",").trim())
    .filter((part) => part !== "")
    .map((part) => {
      const pair = /^(.+?)\s+:\s+(.+)$/.exec(part);
      return pair ? { text: pair[1]!, value: pair[2]! } : { text: part, value: part };
    });
}

function readCurrent(v: Json, type: VariableType, options: Option[]): string[] {
  if (type === "constant") return options.map((o) => o.value);
  const values = strings(at(v, "current.value")).filter((value) => !/^\$\{/.test(value));
  if (values.length > 0) return values.includes(ALL) ? [ALL] : values;
  if (type === "custom" || type === "interval" || type === "textbox") {
    const chosen = objects(v.options).find((o) => o.selected === true);
    const first = chosen ? str(chosen.value) : options[0]?.value;
    return first === undefined ? [] : [first];
  }
  return bool(v.includeAll) ? [ALL] : [];
}
