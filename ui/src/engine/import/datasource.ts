// Which of our three stores a data source reference means. Names win over nothing: a reference that
// says nothing is Prometheus, as the panel's data source was the default one.
import { isObject, str } from "../json";
import type { DataKind } from "../model";

const WORDS: [RegExp, DataKind][] = [
  [/loki|logs?\b/i, "loki"],
  [/tempo|jaeger|zipkin|traces?\b/i, "tempo"],
  [/prom|mimir|cortex|thanos|victoria|metrics?\b/i, "prometheus"],
];
const FOREIGN =
  /postgres|mysql|mssql|influx|elasticsearch|opensearch|graphite|cloudwatch|azure|stackdriver|testdata|infinity|clickhouse|__expr__|grafana-(?!.*(prom|loki|tempo))/i;

export interface Source {
  kind: DataKind | "none";
  name: string;
}

export function readSource(reference: unknown, variables: Map<string, DataKind>): Source | undefined {
  const words = isObject(reference) ? [str(reference.type), str(reference.uid)] : [str(reference)];
  const name = words.filter(Boolean).join(" ");
  if (name === "" || /^(default|-- mixed --|-- dashboard --)$/i.test(name)) return undefined;
  for (const word of words) {
    const variable = /^\$\{?(\w+)|^\[\[(\w+)/.exec(word);
    const kind = variable && variables.get((variable[1] ?? variable[2])!);
    if (kind) return { kind, name };
  }
  for (const word of words) {
    for (const [pattern, kind] of WORDS) if (pattern.test(word)) return { kind, name };
    if (FOREIGN.test(word)) return { kind: "none", name };
  }
  return undefined;
}
