// The range that the address asks for, resolved, and the beat that renews it.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { parseDuration } from "../engine/duration";
import { resolveRange, type Range, type RawRange } from "../engine/time";
import { setParams, useSearch } from "./url";

export interface TimeControl {
  raw: RawRange;
  refresh: string; // "" = off
  live: boolean; // the range ends now
  setRaw(raw: RawRange): void;
  setRefresh(refresh: string): void;
  zoom(from: number, to: number): void;
}

export function useTimeControl(defaults: { from: string; to: string; refresh: string }): TimeControl {
  const params = useSearch();
  const from = params.get("from") ?? defaults.from;
  const to = params.get("to") ?? defaults.to;
  const refresh = params.get("refresh") ?? defaults.refresh;
  return useMemo(() => {
    const setRaw = (raw: RawRange) => setParams({ from: raw.from, to: raw.to });
    return {
      raw: { from, to },
      refresh: refresh === "off" ? "" : refresh,
      live: to.startsWith("now"),
      setRaw,
      setRefresh: (next) => setParams({ refresh: next || "off" }, true),
      zoom: (a, b) => setRaw({ from: String(Math.round(a)), to: String(Math.round(b)) }),
    };
  }, [from, to, refresh]);
}

// A tick: the range as of now. Ticks of one occasion differ by the clock only; a person's change
// begins a new one.
export interface Tick {
  range: Range;
  occasion: number;
}

export function useTick(time: TimeControl): { tick: Tick; now: () => void } {
  const { raw, refresh, live } = time;
  const occasion = useRef(0);
  const make = useCallback(
    (by: "person" | "clock"): Tick => ({
      range: resolveRange(raw, Date.now()),
      occasion: by === "person" ? ++occasion.current : occasion.current,
    }),
    [raw],
  );
  const [tick, setTick] = useState<Tick>(() => make("person"));
  const everyMs = live ? Math.max(1000, parseDuration(refresh) ?? 0) : 0;
  const active = live && refresh !== "";

  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else setTick(make("person"));
  }, [make]);

  useEffect(() => {
    if (!active) return;
    let missed = false;
    const beat = () => {
      if (document.hidden) missed = true;
      else setTick(make("clock"));
    };
    const shown = () => {
      if (!document.hidden && missed) {
        missed = false;
        beat();
      }
    };
    const timer = setInterval(beat, everyMs);
    document.addEventListener("visibilitychange", shown);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [active, everyMs, make]);

  const now = useCallback(() => setTick(make("person")), [make]);
  return { tick, now };
}
