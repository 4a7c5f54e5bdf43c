// The unit ids of Grafana dashboards and how each writes a value. An unknown id is its own suffix.
import { binary, choice, count, currency, fixed, short, si, type Formatted, type Formatter } from "./families";
import { toFixed } from "./number";
import { timeUnits } from "./time";

const table: Record<string, Formatter> = {
  ...timeUnits,
  none: fixed(""),
  "": fixed(""),
  string: (value) => ({ text: String(value), suffix: "" }),
  short,
  sishort: si(""),
  percent: fixed("%", ""),
  percentunit: (value, decimals) => fixed("%", "")(value * 100, decimals),
  hex: (value, decimals) => ({ text: hex(value, decimals), suffix: "" }),
  hex0x: (value, decimals) => ({ text: "0x" + hex(value, decimals), suffix: "" }),
  locale: (value, decimals) => ({
    text: value.toLocaleString("en-US", { maximumFractionDigits: decimals ?? 3, minimumFractionDigits: decimals }),
    suffix: "",
  }),
  bool: choice("True", "False"),
  bool_yes_no: choice("Yes", "No"),
  bool_on_off: choice("On", "Off"),
  masst: fixed("t"),
};

function hex(value: number, decimals?: number): string {
  return Number(toFixed(value, decimals)).toString(16).toUpperCase();
}

const define = (family: (suffix: string) => Formatter, pairs: string) => {
  for (const pair of pairs.split(/\s*,\s*/)) {
    const [id, suffix] = pair.split("=") as [string, string];
    table[id] = family(suffix);
  }
};
define(
  count,
  "cps=c/s, ops=ops/s, reqps=req/s, rps=rd/s, wps=wr/s, iops=io/s, eps=evt/s, mps=msg/s, recps=rec/s, rowsps=rows/s, cpm=c/m, opm=ops/m, reqpm=req/m, rpm=rd/m, wpm=wr/m, epm=evts/m, mpm=msgs/m, recpm=rec/m, rowspm=rows/m",
);
define(
  fixed,
  "humidity=%H, dB=dB, pixel=px, ppm=ppm, conppb=ppb, celsius=°C, fahrenheit=°F, kelvin=K, degree=°, radian=rad, rotrpm=rpm, rotrads=rad/s, velocityms=m/s, velocitykmh=km/h, velocitymph=mph, velocityknot=kn, accMS2=m/sec², accG=g, areaM2=m², flowlpm=L/min, litreh=L/h, lux=lux, m3=m³, gallons=gal, pressurehpa=hPa, pressurekpa=kPa, lengthft=ft, lengthmi=mi, masslb=lb, dBm=dbm",
);
define(
  (unit) => si(unit),
  "decbytes=B, decbits=b, Bps=B/s, bps=b/s, pps=p/s, hertz=Hz, rothz=Hz, watt=W, watth=Wh, voltamp=VA, joule=J, ev=eV, amp=A, volt=V, ohm=Ω, farad=F, henry=H, lumens=Lm, lengthm=m, massg=g, Hs=H/s, flops=FLOPS, pressurebar=bar, pressurepa=Pa, litre=L, forceN=N, forceNm=Nm, candela=cd, radsv=Sv, radgy=Gy, radbq=Bq, amph=Ah, Wm2=W/m²",
);
define((unit) => si(unit, 1), "kwatt=W, kwatth=Wh, kvolt=V, kamp=A, kohm=Ω, lengthkm=m, masskg=g, rotkhz=Hz, KHs=H/s");
define((unit) => si(unit, 2), "megwatt=W, rotmhz=Hz, MHs=H/s, mwatth=Wh");
define((unit) => si(unit, 3), "gwatt=W, rotghz=Hz, GHs=H/s");
define((unit) => si(unit, -1), "mwatt=W, mvolt=V, mamp=A, lengthmm=m, massmg=g, mlitre=L, pressurembar=bar, radmsv=Sv");
define((unit) => binary(unit), "bytes=B, bits=b, binBps=B/s, binbps=b/s");
["k", "m", "g", "t", "p"].forEach((letter, i) => {
  table[`${letter}bytes`] = binary("B", i + 1);
  table[`dec${letter}bytes`] = si("B", i + 1);
  const big = letter.toUpperCase();
  table[`${big}Bs`] = si("B/s", i + 1);
  table[`${big}bits`] = si("b/s", i + 1);
  table[`${big}iBs`] = binary("B/s", i + 1);
  table[`${big}ibits`] = binary("b/s", i + 1);
});
const CURRENCIES =
  "USD=$, GBP=£, EUR=€, JPY=¥, RUB=₽, UAH=₴, BRL=R$, CHF=CHF, PLN=PLN, BTC=฿, ZAR=R, INR=₹, KRW=₩, IDR=Rp, PHP=PHP, MYR=RM, BGN=BGN, ILS=₪, CZK=czk";
for (const pair of CURRENCIES.split(", ")) {
  const [id, symbol] = pair.split("=") as [string, string];
  table[`currency${id}`] = currency(symbol);
}
for (const id of ["DKK", "ISK", "NOK", "SEK"]) table[`currency${id}`] = currency("kr", true);
table.currencyTRY = currency("₺", true);
table.currencyVND = currency("đ", true);

const OLD: Record<string, string> = {
  farenheit: "fahrenheit",
  "percent (0-100)": "percent",
  "percent (0.0-1.0)": "percentunit",
};

export function unitFormatter(id: string): Formatter {
  const name = Object.hasOwn(OLD, id) ? OLD[id]! : id;
  if (Object.hasOwn(table, name)) return table[name]!;
  const colon = id.indexOf(":");
  const rest = id.slice(colon + 1);
  switch (colon > 0 ? id.slice(0, colon) : "") {
    case "suffix":
      return fixed(rest);
    case "prefix":
      return (value, decimals) => ({ prefix: rest, text: toFixed(value, decimals), suffix: "" });
    case "si":
      return si(rest.slice(1), Math.max(-5, ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T"].indexOf(rest[0]!) - 5));
    case "count":
      return count(rest);
    case "currency":
      return currency(rest);
    case "time":
      return table.dateTimeAsIso!;
    default:
      return fixed(id);
  }
}

export function formatParts(value: number | null | undefined, unit: string, decimals?: number): Formatted {
  if (value === null || value === undefined) return { text: "", suffix: "" };
  if (!Number.isFinite(value)) return { text: toFixed(value), suffix: "" };
  return unitFormatter(unit)(value, decimals);
}

export function formatValue(value: number | null | undefined, unit: string, decimals?: number): string {
  const { prefix, text, suffix } = formatParts(value, unit, decimals);
  return `${prefix ?? ""}${text}${suffix}`;
}
