// A service has one colour on every page, remembered for the visit.
import { keyColor, restoreColorKeys } from "../engine/colorKeys";
import { strings } from "../engine/json";
import { lineColor } from "../chart/options";
import type { Palette } from "./theme";

const KEY = "tarsier.services";

function stored(): string[] {
  try {
    return strings(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
  } catch {
    return [];
  }
}
restoreColorKeys(stored(), (names) => sessionStorage.setItem(KEY, JSON.stringify(names)));

export function serviceColor(name: string, palette: Palette): string {
  return lineColor(keyColor(name), palette);
}
