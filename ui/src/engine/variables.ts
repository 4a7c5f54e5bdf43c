// Template variables: $name, ${name}, ${name:format}, ${name.field}, [[name]], [[name:format]].
import { ALL, type Option, type Scope, type Values, type Variable } from "./model";

export interface Lookup {
  variables: Variable[];
  values: Values;
  scope: Scope; // repeats win over choices
  macros: Record<string, string>;
}

const REFERENCE = /\$(\w+)|\$\{(\w+)(?:\.([\w.[\]"']+))?(?::([\w:.\- ]+))?\}|\[\[(\w+)(?::(\w+))?\]\]/g;

// `format` is the one used where the text names none.
export function interpolate(text: string, lookup: Lookup, format = "glob"): string {
  if (!text.includes("$") && !text.includes("[[")) return text;
  return text.replace(REFERENCE, (whole, plain, braced, field, asked, square, squareFormat) => {
    const name: string = plain ?? braced ?? square;
    const how: string = asked ?? squareFormat ?? format;
    if (name in lookup.macros) return formatMacro(name, lookup.macros[name]!, asked);
    const fixed = lookup.scope[name];
    if (fixed) return formatValues([field === "text" ? fixed.text : fixed.value], how, name);
    const variable = lookup.variables.find((v) => v.name === name);
    if (!variable) return whole;
    if (field === "text" || how === "text")
      return chosen(variable, lookup.values)
        .map((o) => o.text)
        .join(" + ");
    if (isAll(variable, lookup.values) && variable.allValue !== "") return variable.allValue;
    const values = expand(variable, lookup.values).map((o) => o.value);
    return formatValues(values, variable.multi || variable.includeAll ? how : single(how), name);
  });
}

// A variable that takes one value goes into a query as it is, not escaped as a pattern.
function single(format: string): string {
  return format === "regex" ? "raw" : format;
}

function formatMacro(name: string, value: string, format: string | undefined): string {
  if (!format?.startsWith("date") || (name !== "__from" && name !== "__to")) return value;
  if (format === "date:seconds") return String(Math.floor(Number(value) / 1000));
  return new Date(Number(value)).toISOString();
}

export function isAll(variable: Variable, values: Values): boolean {
  const now = values[variable.name] ?? variable.current;
  return now.length === 1 && now[0] === ALL;
}

// The chosen options for showing: "All" stays one.
export function chosen(variable: Variable, values: Values): Option[] {
  if (isAll(variable, values)) return [{ text: "All", value: ALL }];
  const now = values[variable.name] ?? variable.current;
  return now.map((value) => variable.options.find((o) => o.value === value) ?? { text: value, value });
}

// The chosen options for queries and repeats: "All" is every option.
export function expand(variable: Variable, values: Values): Option[] {
  return isAll(variable, values) ? variable.options : chosen(variable, values);
}

export function formatValues(values: string[], format: string, name = ""): string {
  const one = values.length === 1;
  switch (format) {
    case "regex": {
      const escaped = values.map((v) => v.replace(/[\\^$.*+?()[\]{}|]/g, "\\\\$&"));
      return one ? escaped[0]! : `(${escaped.join("|")})`;
    }
    case "pipe":
      return values.join("|");
    case "csv":
    case "raw":
      return values.join(",");
    case "json":
      return JSON.stringify(one ? values[0] : values);
    case "doublequote":
      return values.map((v) => `"${v.replace(/"/g, '\\"')}"`).join(",");
    case "singlequote":
      return values.map((v) => `'${v.replace(/'/g, "\\'")}'`).join(",");
    case "sqlstring":
      return values.map((v) => `'${v.replace(/'/g, "''")}'`).join(",");
    case "percentencode":
      return encodeURIComponent(one ? values[0]! : `{${values.join(",")}}`);
    case "queryparam":
      return values.map((v) => `var-${name}=${encodeURIComponent(v)}`).join("&");
    case "lucene":
      return one ? values[0]! : `(${values.map((v) => JSON.stringify(v)).join(" OR ")})`;
    case "distributed":
      return values.map((v, i) => (i === 0 ? v : `${name}=${v}`)).join(",");
    default:
      return one ? values[0]! : `{${values.join(",")}}`;
  }
}

// The variables that a text mentions, to know in which order they must be asked.
export function mentions(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map((m) => (m[1] ?? m[2] ?? m[5])!);
}

// What a query variable's answers become: filtered and cut by its regex, without doubles, sorted.
export function toOptions(answers: string[], regex: string, sort: number): Option[] {
  const body = /^\/(.*)\/([a-z]*)$/s.exec(regex);
  let pattern: RegExp | undefined;
  try {
    pattern = regex === "" ? undefined : new RegExp(body ? body[1]! : regex, body ? body[2]!.replace("g", "") : "");
  } catch {
    pattern = undefined;
  }
  const options = new Map<string, Option>();
  for (const answer of answers) {
    const match = pattern ? pattern.exec(answer) : undefined;
    if (pattern && !match) continue;
    const value = match?.groups?.value ?? match?.[1] ?? answer;
    const text = match?.groups?.text ?? value;
    if (value !== "" && !options.has(value)) options.set(value, { text, value });
  }
  return sortOptions([...options.values()], sort);
}

export function sortOptions(options: Option[], sort: number): Option[] {
  if (sort === 0) return options;
  const digits = (o: Option) => Number(/\d+(\.\d+)?/.exec(o.text)?.[0] ?? -1);
  const compare: ((a: Option, b: Option) => number)[] = [
    (a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
    (a, b) => digits(a) - digits(b),
    (a, b) => a.text.localeCompare(b.text, undefined, { sensitivity: "base" }),
    (a, b) => a.text.localeCompare(b.text, undefined, { numeric: true }),
  ];
  const by = compare[Math.ceil(sort / 2) - 1] ?? compare[0]!;
  return options.sort((a, b) => (sort % 2 === 1 ? by(a, b) : by(b, a)));
}
