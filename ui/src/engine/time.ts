// Time ranges: relative words ("now-1h/d") and absolute instants, in the browser's zone.
export interface RawRange {
  from: string;
  to: string;
}
export interface Range {
  from: number;
  to: number;
}

const STEP: Record<string, (d: Date, n: number) => void> = {
  s: (d, n) => d.setSeconds(d.getSeconds() + n),
  m: (d, n) => d.setMinutes(d.getMinutes() + n),
  h: (d, n) => d.setHours(d.getHours() + n),
  d: (d, n) => d.setDate(d.getDate() + n),
  w: (d, n) => d.setDate(d.getDate() + 7 * n),
  M: (d, n) => d.setMonth(d.getMonth() + n),
  Q: (d, n) => d.setMonth(d.getMonth() + 3 * n),
  y: (d, n) => d.setFullYear(d.getFullYear() + n),
};

const START: Record<string, (d: Date) => void> = {
  s: (d) => d.setMilliseconds(0),
  m: (d) => d.setSeconds(0, 0),
  h: (d) => d.setMinutes(0, 0, 0),
  d: (d) => d.setHours(0, 0, 0, 0),
  w: (d) => (d.setHours(0, 0, 0, 0), d.setDate(d.getDate() - ((d.getDay() + 6) % 7))),
  M: (d) => (d.setHours(0, 0, 0, 0), d.setDate(1)),
  Q: (d) => (d.setHours(0, 0, 0, 0), d.setMonth(Math.floor(d.getMonth() / 3) * 3, 1)),
  y: (d) => (d.setHours(0, 0, 0, 0), d.setMonth(0, 1)),
};

// Milliseconds since the epoch; undefined when the text is no time.
export function parseTime(text: string, now: number, roundUp: boolean): number | undefined {
  const trimmed = text.trim();
  if (/^\d{9,16}$/.test(trimmed)) return trimmed.length <= 10 ? Number(trimmed) * 1000 : Number(trimmed);
  if (!trimmed.startsWith("now")) {
    const parsed = Date.parse(trimmed.replace(/^(\d{4}-\d\d-\d\d) (\d)/, "$1T$2"));
    return Number.isNaN(parsed) ? undefined : parsed;
  }
  const date = new Date(now);
  let rest = trimmed.slice(3);
  while (rest !== "") {
    const move = /^([+-])(\d{1,6})?f?([smhdwMQy])/.exec(rest);
    const floor = /^\/f?([smhdwMQy])/.exec(rest);
    if (move) {
      STEP[move[3]!]!(date, Number(move[2] ?? 1) * (move[1] === "-" ? -1 : 1));
      rest = rest.slice(move[0].length);
    } else if (floor) {
      START[floor[1]!]!(date);
      if (roundUp) {
        STEP[floor[1]!]!(date, 1);
        date.setTime(date.getTime() - 1);
      }
      rest = rest.slice(floor[0].length);
    } else {
      return undefined;
    }
  }
  return date.getTime();
}

export function resolveRange(raw: RawRange, now: number): Range {
  let to = parseTime(raw.to, now, true) ?? now;
  let from = parseTime(raw.from, now, false) ?? to - 3600e3;
  if (from > to) [from, to] = [to, from];
  return from === to ? { from: to - 60e3, to } : { from, to };
}

export const QUICK_RANGES: [string, string][] = [
  ["now-5m", "Last 5 minutes"],
  ["now-15m", "Last 15 minutes"],
  ["now-30m", "Last 30 minutes"],
  ["now-1h", "Last hour"],
  ["now-3h", "Last 3 hours"],
  ["now-6h", "Last 6 hours"],
  ["now-12h", "Last 12 hours"],
  ["now-24h", "Last 24 hours"],
  ["now-2d", "Last 2 days"],
  ["now-7d", "Last 7 days"],
  ["now-30d", "Last 30 days"],
];

export function describeRange(raw: RawRange, now: number): string {
  const quick = raw.to === "now" && QUICK_RANGES.find(([from]) => from === raw.from);
  if (quick) return quick[1];
  if (raw.to.startsWith("now") || raw.from.startsWith("now")) return `${raw.from} to ${raw.to}`;
  const { from, to } = resolveRange(raw, now);
  const day = new Date(from).toDateString() === new Date(to).toDateString();
  return `${formatTime(from, "full")} to ${formatTime(to, day ? "clock" : "full")}`;
}

const two = (n: number) => String(n).padStart(2, "0");

export function formatTime(ms: number, style: "full" | "clock" | "minute" | "day" | "ms"): string {
  const d = new Date(ms);
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  const minute = `${two(d.getHours())}:${two(d.getMinutes())}`;
  const clock = `${minute}:${two(d.getSeconds())}`;
  if (style === "minute") return minute;
  if (style === "clock") return clock;
  if (style === "day") return day.slice(5);
  if (style === "ms") return `${clock}.${String(d.getMilliseconds()).padStart(3, "0")}`;
  return `${day} ${clock}`;
}

export function ago(ms: number, now: number): string {
  const s = Math.max(0, Math.round((now - ms) / 1000));
  if (s < 5) return "just now";
  if (s < 90) return `${s} s ago`;
  if (s < 5400) return `${Math.round(s / 60)} min ago`;
  return s < 129600 ? `${Math.round(s / 3600)} h ago` : `${Math.round(s / 86400)} d ago`;
}
