import { useMemo, useState, type FormEvent } from "react";
import { readTraces } from "../engine/traces";
import { traceTagValues } from "../data/api";
import { useTick, useTimeControl } from "../data/clock";
import { useBatch } from "../data/useBatch";
import { setParams, useSearch } from "../data/url";
import { TraceList } from "../panels/TraceList";
import { Shell } from "../shell/Shell";
import { TimePicker } from "../shell/TimePicker";
import { Icon } from "../widgets/Icon";
import { ServicePick } from "../widgets/ServicePick";

const DEFAULTS = { from: "now-15m", to: "now", refresh: "5s" };
const LIMITS = ["20", "50", "100", "500"];
const SLOW = ["", "10ms", "100ms", "500ms", "1s", "5s"];

export function TracesPage() {
  const time = useTimeControl(DEFAULTS);
  const { tick, now } = useTick(time);
  const params = useSearch();
  const picks = {
    service: params.get("service") ?? "",
    status: params.get("status") ?? "",
    slow: params.get("slow") ?? "",
  };
  const own = params.get("expr");
  const expr = own ?? build(picks);
  const limit = Number(params.get("limit") ?? "50");
  const ask = useMemo(() => () => [{ id: "traces", kind: "tempo" as const, expr, limit }], [expr, limit]);
  const state = useBatch(tick, ask, `${expr}|${limit}`);
  const answer = state.results.get("traces");
  const traces = useMemo(() => readTraces(answer?.data), [answer]);
  const pick = (change: Record<string, string>) => setParams({ ...change, expr: undefined });
  return (
    <Shell
      name="Traces"
      title={<h1>Traces</h1>}
      controls={<TimePicker time={time} onNow={now} loading={state.loading} />}
      trouble={state.error}
    >
      <div className="query-bar">
        <ServicePick
          value={own ? "" : picks.service}
          load={() => traceTagValues("resource.service.name")}
          onPick={(service) => pick({ service })}
        />
        <select
          className="input"
          aria-label="Status"
          value={own ? "" : picks.status}
          onChange={(e) => pick({ status: e.target.value })}
        >
          <option value="">Any status</option>
          <option value="error">With errors</option>
        </select>
        <select
          className="input"
          aria-label="Duration"
          value={own ? "" : picks.slow}
          onChange={(e) => pick({ slow: e.target.value })}
        >
          {SLOW.map((s) => (
            <option key={s} value={s}>
              {s === "" ? "Any duration" : `Longer than ${s}`}
            </option>
          ))}
        </select>
        <QueryBox
          key={expr}
          value={expr}
          label="TraceQL"
          onRun={(text) => setParams({ expr: text.trim() || undefined })}
        />
        <select
          className="input"
          aria-label="At most"
          value={String(limit)}
          onChange={(e) => setParams({ limit: e.target.value })}
        >
          {[...new Set([...LIMITS, String(limit)])].map((l) => (
            <option key={l} value={l}>
              {l} traces
            </option>
          ))}
        </select>
      </div>
      {answer?.error && (
        <p className="panel-error" role="alert">
          <Icon name="error" size={14} />
          {answer.error}
        </p>
      )}
      <div className="panel flat page-list">
        {state.loaded ? (
          !answer?.error && traces.length === 0 ? (
            <Nothing />
          ) : (
            <TraceList key={`${expr}|${limit}|${time.raw.from}|${time.raw.to}`} traces={traces} />
          )
        ) : (
          <div className="skeleton" />
        )}
      </div>
    </Shell>
  );
}

function Nothing() {
  return (
    <div className="empty">
      <h2>No traces in this range</h2>
      <p>
        Every request to a service on this host becomes one, a few seconds after it ends. Send one, or look at a longer
        range.
      </p>
    </div>
  );
}

export function QueryBox({ value, label, onRun }: { value: string; label: string; onRun(text: string): void }) {
  const [text, setText] = useState(value);
  const run = (event: FormEvent) => {
    event.preventDefault();
    onRun(text);
  };
  return (
    <form className="query-box" onSubmit={run}>
      <span className="query-language">{label}</span>
      <input
        aria-label={`${label} query`}
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <button type="submit" className="button primary">
        Run
      </button>
    </form>
  );
}

function build({ service, status, slow }: { service: string; status: string; slow: string }): string {
  const parts = [
    service && `resource.service.name = ${JSON.stringify(service)}`,
    status && `status = ${status}`,
    slow && `duration > ${slow}`,
  ].filter(Boolean);
  return parts.length > 0 ? `{ ${parts.join(" && ")} }` : "{}";
}
