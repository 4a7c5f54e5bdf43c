// Field configuration: the panel's defaults, then its overrides in order, for every field.
import { safeRegex } from "./display";
import { isObject, obj, objects, str, strings, type Json } from "./json";
import type { FieldOverride, Matcher } from "./model";
import type { Field, Frame } from "./frames";
import { displayName } from "./names";

export function configureFields(frames: Frame[], defaults: Json, overrides: FieldOverride[]): void {
  for (const frame of frames)
    for (const f of frame.fields) f.config = f.type === "number" ? { ...defaults } : { ...defaults, unit: undefined };
  for (const override of overrides) {
    for (const frame of frames) {
      for (const f of frame.fields) {
        if (matches(override.matcher, f, frame, frames))
          for (const p of override.properties) setProperty(f, p.id, p.value);
      }
    }
  }
}

function setProperty(f: Field, id: string, value: unknown): void {
  if (!id.startsWith("custom.")) {
    f.config = { ...f.config, [id]: value };
    return;
  }
  f.config = { ...f.config, custom: { ...obj(f.config.custom), [id.slice(7)]: value } };
}

export function matches(matcher: Matcher, f: Field, frame: Frame, frames: Frame[]): boolean {
  const { id, options } = matcher;
  const names = () => [f.name, displayName(f, frames)];
  switch (id) {
    case "byName":
      return names().includes(str(options));
    case "byNames": {
      const hit = strings(obj(options).names).some((n) => names().includes(n));
      return obj(options).mode === "exclude" ? !hit && f.type !== "time" : hit;
    }
    case "byRegexp": {
      const regex = safeRegex(str(options));
      return regex !== undefined && names().some((n) => regex.test(n));
    }
    case "byType":
      return f.type === str(options) || f.type === str(obj(options).type);
    case "byFrameRefID":
    case "byRefId":
      return frame.refId === str(options);
    case "numeric":
      return f.type === "number";
    case "time":
      return f.type === "time";
    case "anyMatch":
    case "allMatch":
    case "invertMatch": {
      const inner = (Array.isArray(options) ? objects(options) : isObject(options) ? [options] : []).map((m) =>
        matches({ id: str(m.id), options: m.options }, f, frame, frames),
      );
      return id === "anyMatch" ? inner.some(Boolean) : id === "allMatch" ? inner.every(Boolean) : !inner[0];
    }
    default:
      return false;
  }
}
