import { useState, type FormEvent } from "react";
import { describeRange, formatTime, parseTime, QUICK_RANGES, resolveRange } from "../engine/time";
import type { TimeControl } from "../data/clock";
import { Icon } from "../widgets/Icon";
import { Popover } from "../widgets/Popover";

const REFRESH = ["", "5s", "10s", "30s", "1m", "5m"];

export function TimePicker({ time, onNow, loading }: { time: TimeControl; onNow(): void; loading: boolean }) {
  const zoomOut = () => {
    const { from, to } = resolveRange(time.raw, Date.now());
    const half = (to - from) / 2;
    time.setRaw({ from: String(Math.round(from - half)), to: String(Math.round(to + half)) });
  };
  return (
    <div className="time-controls" role="group" aria-label="Time">
      <Popover
        label="Time range"
        className="button time-button"
        align="right"
        button={
          <>
            <Icon name="clock" size={14} />
            <span>{describeRange(time.raw, Date.now())}</span>
          </>
        }
      >
        {(close) => <RangeForm time={time} close={close} />}
      </Popover>
      <button type="button" className="button icon-only" aria-label="Zoom out" title="Zoom out" onClick={zoomOut}>
        <Icon name="zoomout" size={14} />
      </button>
      <div className="split">
        <button
          type="button"
          className={`button icon-only ${loading ? "spinning" : ""}`}
          aria-label="Refresh now"
          title="Refresh now"
          onClick={onNow}
        >
          <Icon name="refresh" size={14} />
        </button>
        <label className="select">
          <span className="sr-only">Refresh every</span>
          <select
            value={time.live ? time.refresh : ""}
            disabled={!time.live}
            onChange={(e) => time.setRefresh(e.target.value)}
          >
            {[...new Set([...REFRESH, time.refresh])].map((r) => (
              <option key={r} value={r}>
                {r === "" ? "Off" : r}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

function RangeForm({ time, close }: { time: TimeControl; close(): void }) {
  const text = (raw: string, up: boolean) =>
    raw.startsWith("now") ? raw : formatTime(parseTime(raw, Date.now(), up) ?? Date.now(), "full");
  const [from, setFrom] = useState(text(time.raw.from, false));
  const [to, setTo] = useState(text(time.raw.to, true));
  const [problem, setProblem] = useState("");
  const stored = (value: string, up: boolean) =>
    value.trim().startsWith("now") ? value.trim() : String(parseTime(value, Date.now(), up));
  const apply = (event: FormEvent) => {
    event.preventDefault();
    const [a, b] = [parseTime(from, Date.now(), false), parseTime(to, Date.now(), true)];
    if (a === undefined || b === undefined)
      return setProblem(`"${a === undefined ? from : to}" is no time: write now-15m, now/d or 2026-01-31 12:00:00`);
    if (a >= b) return setProblem("The start must lie before the end");
    time.setRaw({ from: stored(from, false), to: stored(to, true) });
    close();
  };
  return (
    <div className="range-form">
      <form onSubmit={apply}>
        <label>
          From
          <input value={from} onChange={(e) => setFrom(e.target.value)} spellCheck={false} />
        </label>
        <label>
          To
          <input value={to} onChange={(e) => setTo(e.target.value)} spellCheck={false} />
        </label>
        {problem && (
          <p className="error-text" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="button primary">
          Apply
        </button>
        <p className="muted">Or drag over a chart.</p>
      </form>
      <ul className="menu" aria-label="Quick ranges">
        {QUICK_RANGES.map(([value, name]) => (
          <li key={value}>
            <button
              type="button"
              aria-current={time.raw.from === value && time.raw.to === "now"}
              onClick={() => (time.setRaw({ from: value, to: "now" }), close())}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
