// Finds the dashboard in whatever envelope it came: bare, {dashboard}, V1 resource, library export.
import { at, isObject, obj, objects, str, type Json } from "../json";

export interface Container {
  spec: Json;
  v2: boolean;
  name: string; // the envelope's own name or uid
}

export function openContainer(source: unknown): Container {
  let here = obj(source);
  let name = "";
  for (let depth = 0; depth < 4; depth++) {
    if (isObject(here.spec) && (here.apiVersion !== undefined || here.kind === "Dashboard")) {
      name = str(at(here, "metadata.name")) || name;
      here = here.spec;
    } else if (isObject(here.dashboard)) {
      name = str(at(here, "dashboard.uid")) || name;
      here = here.dashboard;
    } else {
      break;
    }
  }
  return { spec: substituteInputs(here), v2: isObject(here.elements), name };
}

// An exported dashboard names its data sources as ${DS_X}; __inputs says what each is.
function substituteInputs(spec: Json): Json {
  const inputs = new Map<string, string>();
  for (const input of objects(spec.__inputs)) {
    const value = input.type === "constant" ? str(input.value) : str(input.pluginId);
    inputs.set("${" + str(input.name) + "}", value);
  }
  return inputs.size === 0 ? spec : (replaceIn(spec, inputs, 0) as Json);
}

function replaceIn(value: unknown, inputs: Map<string, string>, depth: number): unknown {
  if (typeof value === "string") return inputs.get(value) ?? value;
  if (depth > 40) return value;
  if (Array.isArray(value)) return value.map((v) => replaceIn(v, inputs, depth + 1));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, replaceIn(v, inputs, depth + 1)]));
}
