import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { textOn } from "../engine/color";
import { humanDuration } from "../engine/duration";
import type { Trace } from "../engine/otlp";
import { criticalPath, matchesText, visibleSpans } from "../engine/waterfall";
import { serviceColor } from "../data/services";
import { usePalette } from "../data/theme";
import { Icon } from "../widgets/Icon";
import { Minimap } from "./Minimap";

const ROW_PX = 28;
const INDENT_MAX = 24; // levels that still move to the right

interface Props {
  trace: Trace;
  selected: number;
  onSelect(index: number): void;
}

export function Waterfall({ trace, selected, onSelect }: Props) {
  const palette = usePalette();
  const scroll = useRef<HTMLDivElement>(null);
  const [folded, setFolded] = useState<Set<string>>(new Set());
  const [text, setText] = useState("");
  const [focus, setFocus] = useState(0); // index of a span
  const rows = useMemo(() => visibleSpans(trace, folded), [trace, folded]);
  const critical = useMemo(() => criticalPath(trace), [trace]);
  const hits = useMemo(
    () => (text.trim() === "" ? undefined : trace.spans.flatMap((s, i) => (matchesText(s, text.trim()) ? [i] : []))),
    [trace, text],
  );
  const hitSet = useMemo(() => hits && new Set(hits), [hits]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 16,
  });

  useEffect(() => {
    if (selected >= 0) show(selected);
  }, [trace]);

  const fold = (id: string, on: boolean) => {
    const next = new Set(folded);
    if (on) next.add(id);
    else next.delete(id);
    setFolded(next);
  };
  const show = (index: number) => {
    setFocus(index);
    const row = rows.indexOf(index);
    if (row >= 0) virtual.scrollToIndex(row, { align: "auto" });
  };
  // Opens what hides a span, then goes there.
  const reveal = (index: number) => {
    const next = new Set(folded);
    for (let i = 0; i < index; i++) if (trace.spans[i]!.end > index) next.delete(trace.spans[i]!.id);
    setFolded(next);
    onSelect(index);
    setFocus(index);
    requestAnimationFrame(() => virtual.scrollToIndex(visibleSpans(trace, next).indexOf(index), { align: "center" }));
  };
  const nextOf = (list: number[], step: number) =>
    list.length === 0
      ? undefined
      : step > 0
        ? (list.find((i) => i > focus) ?? list[0])
        : (list.findLast((i) => i < focus) ?? list.at(-1));

  const onKeyDown = (event: KeyboardEvent) => {
    const span = trace.spans[focus]!;
    const row = rows.indexOf(focus);
    const go = (to: number | undefined) => to !== undefined && show(to);
    const errors = () => trace.spans.flatMap((s, i) => (s.error ? [i] : []));
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(rows[row + 1]),
      ArrowUp: () => go(rows[row - 1]),
      j: () => go(rows[row + 1]),
      k: () => go(rows[row - 1]),
      Home: () => go(rows[0]),
      End: () => go(rows.at(-1)),
      ArrowRight: () => (folded.has(span.id) ? fold(span.id, false) : go(span.children[0])),
      ArrowLeft: () =>
        span.children.length > 0 && !folded.has(span.id)
          ? fold(span.id, true)
          : go(trace.spans.findLastIndex((s, i) => i < focus && s.end > focus)),
      Enter: () => onSelect(selected === focus ? -1 : focus),
      " ": () => onSelect(selected === focus ? -1 : focus),
      Escape: () => onSelect(-1),
      e: () => {
        const to = nextOf(errors(), 1);
        if (to !== undefined) reveal(to);
      },
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || (event.target as Element).tagName === "INPUT") return;
    event.preventDefault();
    act();
  };
  const total = trace.durationMs || 1;
  return (
    <div className="waterfall">
      <div className="waterfall-tools">
        <label className="search-box">
          <Icon name="search" size={14} />
          <input
            placeholder="Find spans"
            aria-label="Find spans"
            value={text}
            onChange={(e) => setText(e.target.value)}
            onKeyDown={(e) => {
              const to = e.key === "Enter" && hits && nextOf(hits, e.shiftKey ? -1 : 1);
              if (to !== undefined && to !== false) reveal(to);
            }}
          />
          {hits && <span className="muted">{hits.length}</span>}
        </label>
        <button type="button" className="button" onClick={() => setFolded(new Set())}>
          Expand all
        </button>
        <button
          type="button"
          className="button"
          onClick={() =>
            setFolded(new Set(trace.spans.filter((s) => s.children.length > 0 && s.depth > 0).map((s) => s.id)))
          }
        >
          Collapse all
        </button>
        {trace.errors > 0 && (
          <button
            type="button"
            className="button"
            onClick={() => {
              const to = nextOf(
                trace.spans.flatMap((s, i) => (s.error ? [i] : [])),
                1,
              );
              if (to !== undefined) reveal(to);
            }}
          >
            <Icon name="error" size={14} /> Next error
          </button>
        )}
      </div>
      {trace.spans.length > 30 && <Minimap trace={trace} />}
      <div className="waterfall-head" aria-hidden="true">
        <span>Service and span</span>
        <span className="ruler">
          {[0, 0.25, 0.5, 0.75, 1].map((s) => (
            <i key={s} style={{ left: `${s * 100}%` }}>
              {humanDuration(total * s)}
            </i>
          ))}
        </span>
      </div>
      <div
        className="waterfall-scroll"
        ref={scroll}
        role="tree"
        aria-label="Spans"
        tabIndex={0}
        aria-activedescendant={`span-${focus}`}
        onKeyDown={onKeyDown}
      >
        <div className="waterfall-rows" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const index = rows[item.index]!;
            const s = trace.spans[index]!;
            const color = serviceColor(s.service, palette);
            const left = (s.startMs / total) * 100;
            const width = (s.durationMs / total) * 100;
            const quiet = hitSet && !hitSet.has(index);
            return (
              <div
                key={s.id || index}
                id={`span-${index}`}
                role="treeitem"
                aria-level={s.depth + 1}
                aria-selected={selected === index}
                aria-expanded={s.children.length > 0 ? !folded.has(s.id) : undefined}
                data-service={s.service}
                className={`span-row ${selected === index ? "selected" : ""} ${focus === index ? "focused" : ""} ${quiet ? "quiet" : ""}`}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => (setFocus(index), onSelect(selected === index ? -1 : index))}
              >
                <div className="span-label" style={{ paddingLeft: 6 + Math.min(s.depth, INDENT_MAX) * 14 }}>
                  {s.children.length > 0 ? (
                    <button
                      type="button"
                      tabIndex={-1}
                      className={`fold ${folded.has(s.id) ? "" : "open"}`}
                      aria-label={folded.has(s.id) ? "Expand" : "Collapse"}
                      onClick={(e) => (e.stopPropagation(), fold(s.id, !folded.has(s.id)))}
                    >
                      <Icon name="chevron" size={11} />
                    </button>
                  ) : (
                    <span className="fold" />
                  )}
                  <i className="span-color" style={{ background: color }} />
                  {s.error && (
                    <span className="span-error" title={s.statusMessage || "error"}>
                      <Icon name="error" size={13} />
                    </span>
                  )}
                  <b>{s.service}</b>
                  <span className="span-name" title={s.name}>
                    {s.name}
                  </span>
                  {folded.has(s.id) && <span className="fold-count">+{s.end - index - 1}</span>}
                </div>
                <div className="span-track">
                  <span
                    className={`span-bar ${s.error ? "error" : ""} ${critical.has(index) ? "critical" : ""}`}
                    style={{ left: `${left}%`, width: `max(2px, ${width}%)`, background: color }}
                  />
                  <SpanTime text={humanDuration(s.durationMs)} left={left} width={width} color={color} />
                </div>
              </div>
            );
          })}
        </div>
      </div>
      <p className="hint">↑ ↓ move · ← → fold · Enter details · e next error. Underlined bars are the critical path.</p>
    </div>
  );
}

// Behind the bar where there is room, else before it, else in it.
function SpanTime({ text, left, width, color }: { text: string; left: number; width: number; color: string }) {
  const end = left + width;
  if (end <= 84)
    return (
      <span className="span-time" style={{ left: `calc(${end}% + 6px)` }}>
        {text}
      </span>
    );
  if (left > 14)
    return (
      <span className="span-time" style={{ right: `calc(${100 - left}% + 6px)` }}>
        {text}
      </span>
    );
  return (
    <span className="span-time inside" style={{ right: `calc(${100 - end}% + 8px)`, color: textOn(color) }}>
      {text}
    </span>
  );
}
