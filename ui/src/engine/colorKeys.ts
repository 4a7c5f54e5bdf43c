// Things that keep one colour on every panel and page, services above all: each takes the next of
// the palette when it is first met. Greens, yellows and reds come late, as they also mean states.
import { CLASSIC } from "./color";

const ORDER = [2, 3, 5, 14, 15, 8, 17, 9, 11, 0, 6, 1, 7, 12, 4, 10];
const NAMES_MAX = 500;
const known = new Map<string, number>();
let saved: (names: string[]) => void = () => {};

// Takes over what an earlier page knew; `save` is told whenever something new is met.
export function restoreColorKeys(names: string[], save: (names: string[]) => void): void {
  names.slice(0, NAMES_MAX).forEach((name) => known.set(name, known.size));
  saved = save;
}

export function keyColor(name: string): string {
  let index = known.get(name);
  if (index === undefined) {
    index = known.size;
    if (known.size < NAMES_MAX) {
      known.set(name, index);
      saved([...known.keys()]);
    }
  }
  return CLASSIC[ORDER[index % ORDER.length]!]!;
}
