import { useMemo } from "react";
import { readTraces } from "../engine/traces";
import { traceTagValues } from "../data/api";
import { useBatch } from "../data/useBatch";
import { setParams } from "../data/url";
import { TraceList } from "../panels/TraceList";
import { ServicePick } from "../widgets/ServicePick";
import { QueryBox, Refusal, SearchShell, useSearchPage } from "./SearchPage";

const LIMITS = ["20", "50", "100", "500"];
const SLOW = ["", "10ms", "100ms", "500ms", "1s", "5s"];

export function TracesPage() {
  const page = useSearchPage(["service", "status", "slow"], build);
  const { time, tick, params, picks, expr, pick } = page;
  const limit = Number(params.get("limit") ?? "50");
  const ask = useMemo(() => () => [{ id: "traces", kind: "tempo" as const, expr, limit }], [expr, limit]);
  const state = useBatch(tick, ask, `${expr}|${limit}`);
  const answer = state.results.get("traces");
  const traces = useMemo(() => readTraces(answer?.data), [answer]);
  return (
    <SearchShell name="Traces" page={page} state={state}>
      <div className="query-bar">
        <ServicePick
          value={picks.service}
          load={() => traceTagValues("resource.service.name")}
          onPick={(service) => pick({ service })}
        />
        <select
          className="input"
          aria-label="Status"
          value={picks.status}
          onChange={(e) => pick({ status: e.target.value })}
        >
          <option value="">Any status</option>
          <option value="error">With errors</option>
        </select>
        <select
          className="input"
          aria-label="Duration"
          value={picks.slow}
          onChange={(e) => pick({ slow: e.target.value })}
        >
          {SLOW.map((s) => (
            <option key={s} value={s}>
              {s === "" ? "Any duration" : `Longer than ${s}`}
            </option>
          ))}
        </select>
        <QueryBox key={expr} value={expr} label="TraceQL" />
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
      <Refusal text={answer?.error} />
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
    </SearchShell>
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

function build({ service, status, slow }: Record<"service" | "status" | "slow", string>): string {
  const parts = [
    service && `resource.service.name = ${JSON.stringify(service)}`,
    status && `status = ${status}`,
    slow && `duration > ${slow}`,
  ].filter(Boolean);
  return parts.length > 0 ? `{ ${parts.join(" && ")} }` : "{}";
}
