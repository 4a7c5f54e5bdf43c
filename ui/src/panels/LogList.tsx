import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import type { LogRow } from "../engine/logs";
import { formatTime } from "../engine/time";
import { keepRange } from "../data/url";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";
import { NoData } from "./NoData";

interface Props {
  rows: LogRow[];
  compact?: boolean;
  onFilter?(name: string, value: string, label: boolean): void;
}

// Lines newest first; only those in view are in the page. A line opens to its fields.
export function LogList({ rows, compact = false, onFilter }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<Set<string>>(new Set());
  // While someone reads further down or has a line open, new lines wait.
  const [held, setHeld] = useState<LogRow[]>();
  const newest = rows;
  rows = held ?? rows;
  const waiting = held ? newest.filter((r) => r.timeMs > (held[0]?.timeMs ?? 0)).length : 0;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 26,
    getItemKey: (index) => rows[index]!.id,
    overscan: 12,
  });
  if (rows.length === 0) return <NoData text="No log lines in this range" />;
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
    hold(next.size > 0 || below());
  };
  const below = () => (scroll.current?.scrollTop ?? 0) > 40;
  const hold = (on: boolean) => setHeld((now) => (on ? (now ?? newest) : undefined));
  const release = () => {
    setOpen(new Set());
    setHeld(undefined);
    scroll.current?.scrollTo({ top: 0 });
  };
  return (
    <div
      className={`log-scroll ${compact ? "compact" : ""}`}
      ref={scroll}
      tabIndex={0}
      role="region"
      aria-label="Log lines"
      onScroll={() => hold(open.size > 0 || below())}
    >
      {waiting > 0 && (
        <button type="button" className="log-waiting" onClick={release}>
          {waiting} new {waiting === 1 ? "line" : "lines"}
        </button>
      )}
      <div className="log-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]!;
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="log-item"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Line row={row} open={open.has(row.id)} onToggle={() => toggle(row.id)} />
              {open.has(row.id) && <Fields row={row} onFilter={onFilter} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Line({ row, open, onToggle }: { row: LogRow; open: boolean; onToggle(): void }) {
  return (
    <div className={`log-line level-${row.level} ${open ? "open" : ""}`}>
      <button type="button" className="log-button" aria-expanded={open} onClick={onToggle}>
        <span className="log-level" title={row.level}>
          {row.level}
        </span>
        <time>{formatTime(row.timeMs, "ms")}</time>
        <span className="log-service">{row.service}</span>
        <span className="log-text">{row.line}</span>
      </button>
      {row.traceId && (
        <Link
          className="log-trace"
          href={keepRange(`/trace/${row.traceId}`, row.spanId ? { span: row.spanId } : {})}
          title={`Open trace ${row.traceId}`}
        >
          <Icon name="traces" size={12} />
          trace
        </Link>
      )}
    </div>
  );
}

function Fields({ row, onFilter }: { row: LogRow; onFilter?: Props["onFilter"] }) {
  const groups: [string, Record<string, string>, boolean][] = [
    ["Labels", row.labels, true],
    ["Fields", row.metadata, false],
    ["Parsed", row.parsed, false],
  ];
  return (
    <div className="log-fields">
      <p className="log-full">{row.line}</p>
      <table>
        <tbody>
          <tr>
            <th scope="row">time</th>
            <td>
              {formatTime(row.timeMs, "full")}.{row.timeNs.slice(-9)}
            </td>
          </tr>
          {groups.flatMap(([, values, label]) =>
            Object.entries(values)
              .sort()
              .map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    {name === "trace_id" ? <Link href={keepRange(`/trace/${value}`)}>{value}</Link> : value}
                    {onFilter && (
                      <button
                        type="button"
                        className="field-filter"
                        title={`Only lines with ${name} = ${value}`}
                        onClick={() => onFilter(name, value, label)}
                      >
                        <Icon name="search" size={11} />
                      </button>
                    )}
                  </td>
                </tr>
              )),
          )}
        </tbody>
      </table>
    </div>
  );
}
