import { useState } from "react";
import { humanDuration } from "../engine/duration";
import { ago, formatTime } from "../engine/time";
import type { TraceSummary } from "../engine/traces";
import { keepRange, navigate } from "../data/url";
import { serviceColor } from "../data/services";
import { usePalette } from "../data/theme";
import { Link } from "../widgets/Link";
import { NoData } from "./NoData";

// Traces, newest first, each with a bar of its duration beside the longest one.
export function TraceList({ traces, compact = false }: { traces: TraceSummary[]; compact?: boolean }) {
  // The list stands still while the pointer is on it: what one aims at must not move away.
  const [held, setHeld] = useState<TraceSummary[]>();
  const newest = traces;
  traces = held ?? traces;
  if (traces.length === 0) return <NoData text="No traces in this range" />;
  const longest = Math.max(...traces.map((t) => t.durationMs), 1e-9);
  const now = Date.now();
  return (
    <div
      className="table-scroll"
      tabIndex={0}
      role="region"
      aria-label="Traces"
      onMouseEnter={() => setHeld(newest)}
      onMouseLeave={() => setHeld(undefined)}
    >
      <table className={`data-table trace-list ${compact ? "compact" : ""}`}>
        <thead>
          <tr>
            <th scope="col">Request</th>
            <th scope="col">Services</th>
            <th scope="col" className="right">
              Spans
            </th>
            <th scope="col">Duration</th>
            <th scope="col" className="right">
              Started
            </th>
          </tr>
        </thead>
        <tbody>
          {traces.map((t) => (
            <Row key={t.id} trace={t} longest={longest} now={now} compact={compact} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  trace: t,
  longest,
  now,
  compact,
}: {
  trace: TraceSummary;
  longest: number;
  now: number;
  compact: boolean;
}) {
  const palette = usePalette();
  const href = keepRange(`/trace/${t.id}`);
  return (
    <tr
      className="clickable"
      onClick={(event) => {
        if (!(event.target as Element).closest("a")) navigate(href);
      }}
    >
      <td>
        <span
          className={`dot ${t.errors > 0 ? "dot-error" : "dot-ok"}`}
          title={t.errors > 0 ? `${t.errors} spans with an error` : "no error"}
        />
        <Link href={href} className="trace-name" title={t.id}>
          <b>{t.service || "unknown"}</b> {t.name}
        </Link>
      </td>
      <td>
        <span className="service-chips">
          {t.services.map((s) => (
            <span
              key={s.name}
              className="service-chip"
              title={`${s.name}: ${s.spans} spans, ${s.errors} with an error`}
            >
              <i className="swatch" style={{ background: serviceColor(s.name, palette) }} />
              {!compact && s.name}
            </span>
          ))}
        </span>
      </td>
      <td className="right">{t.spans || "–"}</td>
      <td className="cell-bar">
        <span className="bar-track">
          <span
            className={`bar ${t.errors > 0 ? "bar-error" : ""}`}
            style={{ width: `${Math.max(1, (t.durationMs / longest) * 100)}%` }}
          />
        </span>
        <span className="bar-text">{humanDuration(t.durationMs)}</span>
      </td>
      <td className="right muted nowrap" title={formatTime(t.startMs, "full")}>
        {ago(t.startMs, now)}
      </td>
    </tr>
  );
}
