import { useMemo, useState } from "react";
import { formatDuration } from "../engine/duration";
import { niceInterval } from "../engine/interval";
import { readLogs } from "../engine/logs";
import { volumeOf, volumeOfRows } from "../engine/logVolume";
import { seriesChart } from "../engine/viz/series";
import { labelValues } from "../data/api";
import { useBatch } from "../data/useBatch";
import { setParams } from "../data/url";
import { TimeChart } from "../chart/TimeChart";
import { Legend } from "../chart/Legend";
import { LogList } from "../panels/LogList";
import { Icon } from "../widgets/Icon";
import { ServicePick } from "../widgets/ServicePick";
import { QueryBox, Refusal, SearchShell, useSearchPage } from "./SearchPage";

const LINES_MAX = 1000;
const BARS = 90;

export function LogsPage() {
  const page = useSearchPage(["service", "level", "text"], build);
  const { time, tick, picks, own, expr, pick } = page;
  const stepMs = Math.max(1000, niceInterval((tick.range.to - tick.range.from) / BARS));
  const ask = useMemo(
    () => () => [
      { id: "lines", kind: "loki" as const, expr, limit: LINES_MAX, step_ms: stepMs },
      {
        id: "volume",
        kind: "loki" as const,
        expr: `sum by (detected_level) (count_over_time(${expr} [${formatDuration(stepMs)}]))`,
        step_ms: stepMs,
      },
    ],
    [expr, stepMs],
  );
  const state = useBatch(tick, ask, `${expr}|${stepMs}`);
  const answer = state.results.get("lines");
  const counted = state.results.get("volume");
  const rows = useMemo(() => readLogs(answer?.data), [answer]);
  const [hidden, setHidden] = useState<Set<string>>(new Set());
  const chart = useMemo(() => {
    const frames = counted?.status === "success" ? volumeOf(counted.data) : volumeOfRows(rows, state.range, stepMs);
    return seriesChart(frames, { legend: { showLegend: true } }, [], state.range.to, stepMs);
  }, [counted, rows, state.range, stepMs]);
  const filter = (name: string, value: string, label: boolean) => {
    if (name === "service_name" && label && !own) pick({ service: value });
    else setParams({ expr: `${expr} | ${name}=${JSON.stringify(value)}` });
  };
  const counting = counted?.status === "success" ? "" : " of the lines below";
  return (
    <SearchShell name="Logs" page={page} state={state}>
      <div className="query-bar">
        <ServicePick
          value={picks.service}
          load={() => labelValues("loki", "service_name", "", tick.range)}
          onPick={(service) => pick({ service })}
        />
        <select
          className="input"
          aria-label="Level"
          value={picks.level}
          onChange={(e) => pick({ level: e.target.value })}
        >
          {["", "error", "warn", "info", "debug"].map((l) => (
            <option key={l} value={l}>
              {l === "" ? "Any level" : l}
            </option>
          ))}
        </select>
        <Contains key={picks.text} value={picks.text} onRun={(text) => pick({ text })} />
        <QueryBox key={expr} value={expr} label="LogQL" />
      </div>
      <Refusal text={answer?.error} />
      {chart.lines.length > 0 && (
        <div className="panel flat volume">
          <TimeChart
            chart={chart}
            hidden={hidden}
            range={[state.range.from, state.range.to]}
            label={`Log lines per ${formatDuration(stepMs)}${counting}`}
            syncKey="logs"
            onZoom={time.zoom}
          />
          <Legend chart={chart} hidden={hidden} onHidden={setHidden} />
        </div>
      )}
      <p className="list-head">
        <b data-count={rows.length}>{rows.length.toLocaleString("en")} lines</b>
        {rows.length >= LINES_MAX && (
          <span className="muted"> newest {LINES_MAX}; narrow the range or the query for more</span>
        )}
        {time.live && time.refresh && (
          <span className="live">
            <i />
            live
          </span>
        )}
      </p>
      <div className="panel flat page-list logs-list">
        {state.loaded ? (
          rows.length === 0 && !answer?.error ? (
            <Nothing />
          ) : (
            <LogList key={`${expr}|${time.raw.from}|${time.raw.to}`} rows={rows} onFilter={filter} />
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
      <h2>No log lines match in this range</h2>
      <p>
        Every request to a service on this host writes one. Send a request, look at a longer range, or take a condition
        away.
      </p>
    </div>
  );
}

function Contains({ value, onRun }: { value: string; onRun(text: string): void }) {
  const [text, setText] = useState(value);
  return (
    <form className="search-box" onSubmit={(e) => (e.preventDefault(), onRun(text))}>
      <Icon name="search" size={14} />
      <input
        placeholder="Contains"
        aria-label="Lines that contain"
        value={text}
        onChange={(e) => setText(e.target.value)}
        onBlur={() => text !== value && onRun(text)}
      />
    </form>
  );
}

function build({ service, level, text }: Record<"service" | "level" | "text", string>): string {
  const stream = service ? `{service_name=${JSON.stringify(service)}}` : '{service_name=~".+"}';
  return (
    stream + (text ? ` |= ${JSON.stringify(text)}` : "") + (level ? ` | detected_level=${JSON.stringify(level)}` : "")
  );
}
