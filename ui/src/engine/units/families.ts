// Families of units: how a value is scaled and which word follows it.
import { toFixed } from "./number";

export interface Formatted {
  prefix?: string;
  text: string;
  suffix: string;
}
export type Formatter = (value: number, decimals?: number) => Formatted;

export const fixed =
  (suffix: string, glue = " "): Formatter =>
  (value, decimals) => ({ text: toFixed(value, decimals), suffix: suffix && glue + suffix });

function scaled(factor: number, steps: string[], start: number, unit: string, glue: string): Formatter {
  return (value, decimals) => {
    let index = start;
    let v = value;
    while (Math.abs(v) >= factor && index < steps.length - 1) {
      v /= factor;
      index++;
    }
    while (v !== 0 && Math.abs(v) < 1 && index > 0) {
      v *= factor;
      index--;
    }
    return { text: toFixed(v, decimals), suffix: glue + steps[index]! + unit };
  };
}

const SI = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
// `power` is of 1000: the unit itself may be a kilo or a milli.
export const si = (unit: string, power = 0): Formatter => scaled(1000, SI, 5 + power, unit, " ");

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
export const binary = (unit: string, power = 0): Formatter => scaled(1024, BINARY, power, unit, " ");

const SHORT = ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"];
export const short: Formatter = scaled(1000, SHORT, 0, "", "");

const COUNT = ["", "K", "M", "B", "T"];
export const count = (unit: string): Formatter => scaled(1000, COUNT, 0, unit && " " + unit, "");

export function currency(symbol: string, behind = false): Formatter {
  const scale = scaled(1000, COUNT, 0, "", "");
  return (value, decimals) => {
    const { text, suffix } = scale(value, decimals);
    return behind ? { text, suffix: suffix + symbol } : { prefix: symbol, text, suffix };
  };
}

export const choice =
  (yes: string, no: string): Formatter =>
  (value) => ({ text: value === 0 ? no : yes, suffix: "" });
