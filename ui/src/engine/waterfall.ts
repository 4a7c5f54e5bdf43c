// Which spans of a trace are rows now: in tree order, without what is folded away.
import type { Span, Trace } from "./otlp";

export function visibleSpans(trace: Trace, folded: Set<string>): number[] {
  const rows: number[] = [];
  for (let i = 0; i < trace.spans.length;) {
    rows.push(i);
    const span = trace.spans[i]!;
    i = folded.has(span.id) ? span.end : i + 1;
  }
  return rows;
}

// Spans on which the trace's duration depends: from each root backwards, the child that ended last.
export function criticalPath(trace: Trace): Set<number> {
  const path = new Set<number>();
  const root = trace.spans.reduce(
    (best, s, i) => (s.depth === 0 && s.durationMs > (trace.spans[best]?.durationMs ?? -1) ? i : best),
    -1,
  );
  const stack = root < 0 ? [] : [root];
  while (stack.length > 0) {
    const index = stack.pop()!;
    path.add(index);
    const span = trace.spans[index]!;
    let until = span.startMs + span.durationMs;
    const byEnd = [...span.children].sort((a, b) => endOf(trace.spans[b]!) - endOf(trace.spans[a]!));
    for (const child of byEnd) {
      const s = trace.spans[child]!;
      if (endOf(s) > until + 1e-6 || s.startMs < span.startMs - 1e-6) continue;
      stack.push(child);
      until = s.startMs;
    }
  }
  return path;
}

function endOf(span: Span): number {
  return span.startMs + span.durationMs;
}

// A span's own time: without that in which a child was running.
export function selfTime(trace: Trace, index: number): number {
  const span = trace.spans[index]!;
  const parts = span.children
    .map((c) => trace.spans[c]!)
    .map((c) => [Math.max(c.startMs, span.startMs), Math.min(endOf(c), endOf(span))] as [number, number])
    .filter(([a, b]) => b > a)
    .sort((a, b) => a[0] - b[0]);
  let covered = 0;
  let until = -Infinity;
  for (const [a, b] of parts) {
    if (b <= until) continue;
    covered += b - Math.max(a, until);
    until = b;
  }
  return Math.max(0, span.durationMs - covered);
}

export function matchesText(span: Span, text: string): boolean {
  const t = text.toLowerCase();
  return (
    span.name.toLowerCase().includes(t) ||
    span.service.toLowerCase().includes(t) ||
    span.id.includes(t) ||
    span.attributes.some(([k, v]) => k.toLowerCase().includes(t) || v.toLowerCase().includes(t))
  );
}
