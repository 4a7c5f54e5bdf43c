import { useEffect, useMemo, useState } from "react";
import { humanDuration } from "../engine/duration";
import { readTrace, type Trace } from "../engine/otlp";
import { ago, formatTime } from "../engine/time";
import { ApiError, getTrace } from "../data/api";
import { serviceColor } from "../data/services";
import { usePalette } from "../data/theme";
import { setParams, useSearch, withParams } from "../data/url";
import { Shell } from "../shell/Shell";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";
import { Problem } from "./Problem";
import { SpanDetails } from "./SpanDetails";
import { Waterfall } from "./Waterfall";

// A trace that has just begun may still be on its way: asked a few times before giving up.
const TRIES = 5;

export function TracePage({ id }: { id: string }) {
  const [state, setState] = useState<{ trace?: Trace; error: string; waiting: boolean }>({ error: "", waiting: true });
  useEffect(() => {
    const abort = new AbortController();
    setState({ error: "", waiting: true });
    const load = async (left: number): Promise<void> => {
      try {
        const trace = readTrace(await getTrace(id, abort.signal), id);
        if (!trace) throw new ApiError("The trace holds no spans", 404);
        setState({ trace, error: "", waiting: false });
      } catch (e) {
        if (abort.signal.aborted) return;
        if (e instanceof ApiError && e.status === 404 && left > 0) {
          await new Promise((done) => setTimeout(done, 1000));
          return abort.signal.aborted ? undefined : load(left - 1);
        }
        setState({ error: e instanceof Error ? e.message : String(e), waiting: false });
      }
    };
    void load(TRIES);
    return () => abort.abort();
  }, [id]);
  if (state.error)
    return (
      <Problem
        title={`Trace ${id.slice(0, 16)}`}
        text={`${state.error}. It may have passed its retention, or it has not arrived yet.`}
      />
    );
  if (!state.trace)
    return (
      <Shell name="Trace" title={<h1>Trace</h1>}>
        <div className="skeleton tall" aria-busy="true" />
      </Shell>
    );
  return <TraceView trace={state.trace} />;
}

function TraceView({ trace }: { trace: Trace }) {
  const palette = usePalette();
  const wanted = useSearch().get("span");
  const selected = useMemo(() => trace.spans.findIndex((s) => s.id === wanted), [trace, wanted]);
  const root = trace.spans[0]!;
  const select = (index: number) => setParams({ span: index < 0 ? undefined : trace.spans[index]!.id }, true);
  const logs =
    "/logs" +
    withParams(
      {
        expr: `{service_name=~".+"} | trace_id="${trace.id}"`,
        from: String(Math.floor(trace.startMs - 60e3)),
        to: String(Math.ceil(trace.startMs + trace.durationMs + 60e3)),
      },
      "",
    );
  return (
    <Shell
      name={`${root.service} ${root.name}`}
      title={
        <div className="trace-title">
          <h1>
            <span className="service-name">{root.service}</span> {root.name}
          </h1>
          <code className="trace-id" title="Trace id">
            {trace.id}
          </code>
        </div>
      }
      below={
        <div className="trace-actions">
          <Link href={logs} className="button">
            <Icon name="logs" size={14} /> Logs of this trace
          </Link>
        </div>
      }
    >
      <dl className="facts">
        <div>
          <dt>Duration</dt>
          <dd>{humanDuration(trace.durationMs)}</dd>
        </div>
        <div>
          <dt>Services</dt>
          <dd>{trace.services.length}</dd>
        </div>
        <div>
          <dt>Spans</dt>
          <dd>{trace.spans.length.toLocaleString("en")}</dd>
        </div>
        <div className={trace.errors > 0 ? "bad" : ""}>
          <dt>Errors</dt>
          <dd>{trace.errors}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd title={ago(trace.startMs, Date.now())}>{formatTime(trace.startMs, "full")}</dd>
        </div>
        <div className="facts-services">
          <dt className="sr-only">Services</dt>
          <dd>
            {trace.services.map((s) => (
              <span key={s.name} className="service-chip" data-service={s.name}>
                <i className="swatch" style={{ background: serviceColor(s.name, palette) }} />
                {s.name} <span className="muted">{s.spans}</span>
              </span>
            ))}
          </dd>
        </div>
      </dl>
      <div className={`trace ${selected >= 0 ? "with-details" : ""}`}>
        <Waterfall trace={trace} selected={selected} onSelect={select} />
        {selected >= 0 && <SpanDetails trace={trace} index={selected} onClose={() => select(-1)} />}
      </div>
    </Shell>
  );
}
