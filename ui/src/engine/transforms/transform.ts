import type { Frame } from "../frames";
import type { Json } from "../json";
import type { Transformation } from "../model";
import { calculateField, filterByRefId, filterFieldsByName, organize, renameByRegex } from "./columns";
import { groupBy, joinByField, labelsToFields, limit, merge, reduceFrames, seriesToRows, sortBy } from "./rows";

const KNOWN: Record<string, (frames: Frame[], options: Json) => Frame[]> = {
  organize,
  renameByRegex,
  filterFieldsByName,
  filterByRefId,
  calculateField,
  merge,
  joinByField,
  sortBy,
  limit,
  groupBy,
  labelsToFields,
  seriesToRows,
  seriesToColumns: joinByField,
  reduce: reduceFrames,
  prepareTimeSeries: (frames) => frames,
};

// The frames after all transformations, and the names of those that we do not know.
export function transform(frames: Frame[], steps: Transformation[]): { frames: Frame[]; unknown: string[] } {
  const unknown: string[] = [];
  for (const step of steps) {
    if (step.disabled) continue;
    if (Object.hasOwn(KNOWN, step.id)) frames = KNOWN[step.id]!(frames, step.options);
    else unknown.push(`transformation ${step.id}`);
  }
  return { frames, unknown };
}
