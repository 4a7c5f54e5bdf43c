// A service has one colour on every page: the next of the palette, in the order services are met,
// remembered for the visit.
import { CLASSIC } from "../engine/color";
import { lineColor } from "../chart/options";
import type { Palette } from "./theme";

const ORDER = [2, 3, 5, 0, 1, 4, 8, 9, 11, 6, 7, 10, 14, 15, 17, 12];
const KEY = "tarsier.services";
const known: string[] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as string[];
const NAMES_MAX = 200;

export function serviceColor(name: string, palette: Palette): string {
  let index = known.indexOf(name);
  if (index < 0 && known.length < NAMES_MAX) {
    index = known.push(name) - 1;
    sessionStorage.setItem(KEY, JSON.stringify(known));
  }
  return lineColor(CLASSIC[ORDER[Math.max(0, index) % ORDER.length]!]!, palette);
}
