// A dashboard's variables with their options asked for, and the values that the address chooses.
import { useEffect, useMemo, useState } from "react";
import { ALL, type Dashboard, type Values, type Variable } from "../engine/model";
import { computeSteps, rangeMacros } from "../engine/interval";
import { list, obj, str } from "../engine/json";
import { seriesName } from "../engine/names";
import { interpolate, mentions, toOptions } from "../engine/variables";
import { batch, labelValues } from "./api";
import type { Tick } from "./clock";
import { useSearch } from "./url";

export interface VariableState {
  variables: Variable[];
  values: Values;
  ready: boolean;
  error: string;
}

export function useVariables(dashboard: Dashboard | undefined, tick: Tick): VariableState {
  const search = useSearch().toString();
  const wanted = useMemo(() => chosenInUrl(dashboard, new URLSearchParams(search)), [dashboard, search]);
  const [state, setState] = useState<{ of?: Dashboard; variables: Variable[]; error: string }>({
    variables: [],
    error: "",
  });
  // Options are asked again when a person changes the range or a choice, not at every tick.
  const wantedKey = JSON.stringify(wanted);
  useEffect(() => {
    if (!dashboard) return;
    let stale = false;
    void resolveAll(dashboard.variables, wanted, tick.range).then((next) => {
      if (!stale) setState({ of: dashboard, ...next });
    });
    return () => {
      stale = true;
    };
  }, [dashboard, wantedKey, tick.occasion]);

  const simple = dashboard?.variables.every((v) => v.type !== "query") ?? false;
  const ready = dashboard !== undefined && (simple || state.of === dashboard);
  return useMemo(() => {
    const variables = state.of === dashboard ? state.variables : (dashboard?.variables ?? []);
    return { variables, values: effective(variables, wanted), ready, error: state.error };
  }, [state, dashboard, wantedKey, ready]);
}

function chosenInUrl(dashboard: Dashboard | undefined, params: URLSearchParams): Values {
  const values: Values = {};
  for (const v of dashboard?.variables ?? []) {
    const given = params.getAll(`var-${v.name}`);
    if (given.length > 0) values[v.name] = given.map((g) => (g === "All" ? ALL : g));
  }
  return values;
}

// What is chosen, or the dashboard's own choice, or the first option there is.
function effective(variables: Variable[], wanted: Values): Values {
  const values: Values = {};
  for (const v of variables) {
    const now = wanted[v.name] ?? v.current;
    const known =
      v.type !== "query" || v.options.length === 0
        ? now
        : now.filter((x) => x === ALL || v.options.some((o) => o.value === x));
    const first = v.options[0]?.value;
    values[v.name] =
      known.length > 0 ? known : (wanted[v.name] ?? (v.includeAll ? [ALL] : first === undefined ? [] : [first]));
  }
  return values;
}

async function resolveAll(
  variables: Variable[],
  wanted: Values,
  range: Tick["range"],
): Promise<{ variables: Variable[]; error: string }> {
  const done: Variable[] = variables.map((v) => ({ ...v }));
  let error = "";
  for (const v of inOrder(done)) {
    if (v.type !== "query") continue;
    try {
      v.options = toOptions(await ask(v, done, effective(done, wanted), range), v.regex, v.sort);
    } catch (e) {
      error = `variable ${v.name}: ${e instanceof Error ? e.message : String(e)}`;
    }
  }
  return { variables: done, error };
}

// Those that others mention come first; circles end where they began.
function inOrder(variables: Variable[]): Variable[] {
  const out: Variable[] = [];
  const visiting = new Set<string>();
  const visit = (v: Variable) => {
    if (out.includes(v) || visiting.has(v.name)) return;
    visiting.add(v.name);
    for (const name of mentions(v.query)) {
      const other = variables.find((o) => o.name === name);
      if (other) visit(other);
    }
    out.push(v);
  };
  variables.forEach(visit);
  return out;
}

async function ask(v: Variable, variables: Variable[], values: Values, range: Tick["range"]): Promise<string[]> {
  const macros = rangeMacros(range, computeSteps(range, 1000, "", 1));
  const query = interpolate(v.query, { variables, values, scope: {}, macros }, "regex").trim();
  const kind = v.kind === "loki" ? "loki" : "prometheus";
  const label = /^label_values\(\s*(?:([\s\S]+)\s*,\s*)?([\w.]+)\s*\)$/.exec(query);
  if (label) return labelValues(kind, label[2]!, label[1]?.trim() ?? "", range);
  if (/^label_names\(/.test(query)) return labelValues(kind, "", "", range);
  const metrics = /^metrics\((.*)\)$/.exec(query);
  if (metrics)
    return (await labelValues("prometheus", "__name__", "", range)).filter((n) =>
      n.includes(metrics[1]!.replace(/[.*^$]/g, "")),
    );
  const result = /^query_result\(([\s\S]*)\)$/.exec(query);
  const expr = result ? result[1]! : query;
  const answer = (await batch(range, [{ id: v.name, kind: "prometheus", expr, instant: true, step_ms: 1000 }])).get(
    v.name,
  );
  if (answer?.status !== "success") throw new Error(answer?.error ?? "no answer");
  return list(obj(answer.data).result).map((s) => {
    const metric = Object.fromEntries(Object.entries(obj(obj(s).metric)).map(([k, value]) => [k, str(value)]));
    const [t, value] = list(obj(s).value);
    return result ? `${seriesName(metric)} ${str(value)} ${str(t)}` : seriesName(metric);
  });
}
