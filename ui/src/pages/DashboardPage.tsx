import { useCallback, useMemo, useState } from "react";
import { panelQueries, toWire, type PanelQuery, type QueryContext } from "../engine/queries";
import { readPanelData } from "../engine/panelData";
import { expandRepeats } from "../engine/repeat";
import { interpolate } from "../engine/variables";
import type { Dashboard, Panel, Section } from "../engine/model";
import { useTick, useTimeControl } from "../data/clock";
import { useBatch } from "../data/useBatch";
import { useDashboard } from "../data/useDashboard";
import { useVariables } from "../data/useVariables";
import { setParams, useSearch } from "../data/url";
import { PanelView } from "../panels/PanelView";
import { Shell } from "../shell/Shell";
import { TimePicker } from "../shell/TimePicker";
import { VariableBar } from "../shell/VariableBar";
import { Icon } from "../widgets/Icon";
import { useSize } from "../widgets/useSize";
import { FirstMinutes } from "./FirstMinutes";
import { Problem } from "./Problem";

export function DashboardPage({ uid }: { uid: string }) {
  const { dashboard, error } = useDashboard(uid);
  if (error) return <Problem title="This dashboard cannot be opened" text={error} />;
  if (!dashboard)
    return (
      <Shell name="" title={<h1>&nbsp;</h1>}>
        <div />
      </Shell>
    );
  return <Board key={dashboard.uid} dashboard={dashboard} />;
}

const CLOSED = "closed";

function Board({ dashboard }: { dashboard: Dashboard }) {
  const time = useTimeControl(dashboard);
  const { tick, now } = useTick(time);
  const { variables, values, ready, error: variableError } = useVariables(dashboard, tick);
  const [box, size] = useSize();
  const search = useSearch();
  const single = search.get("viewPanel");
  const sections = useMemo(() => expandRepeats(dashboard, variables, values), [dashboard, variables, values]);
  const [toggled, setToggled] = useState<Set<string>>(new Set());
  const closed = (s: Section) => s.title !== "" && s.collapsed !== toggled.has(s.key);
  const toggle = (key: string) => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };

  const panels = useMemo(
    () =>
      sections
        .filter((s) => !closed(s) || single)
        .flatMap((s) => s.panels)
        .filter((p) => !single || p.key === single || String(p.id) === single.replace(/^panel-/, "")),
    [sections, toggled, single],
  );
  // A column of the grid, in pixels, rounded so that a scrollbar does not change every query.
  const column = Math.max(20, Math.round(size.width / 24 / 10) * 10);
  const contextFor = useCallback(
    (range: QueryContext["range"], panel: Panel): QueryContext => ({
      range,
      variables,
      values,
      widthPx: column * (single ? 24 : size.width < 720 ? 24 : panel.grid.w),
    }),
    [variables, values, column, single, size.width < 720],
  );
  const ask = useMemo(
    () =>
      ready && size.width > 0
        ? (range: QueryContext["range"]) => panels.flatMap((p) => panelQueries(p, contextFor(range, p)).map(toWire))
        : undefined,
    [ready, size.width > 0, panels, contextFor],
  );
  const key = JSON.stringify([values, column, panels.length, single, [...toggled]]);
  const state = useBatch(tick, ask, ready ? key : CLOSED);

  const range = state.range.to > 0 ? state.range : tick.range;
  const queries = useMemo(
    () =>
      new Map<string, { queries: PanelQuery[]; context: QueryContext }>(
        panels.map((p) => {
          const context = contextFor(range, p);
          return [p.key, { queries: panelQueries(p, context), context }];
        }),
      ),
    [panels, contextFor, range],
  );
  const silent = useMemo(
    () =>
      state.loaded &&
      panels.some((p) => p.targets.length > 0) &&
      panels.every((p) => isEmpty(p, queries.get(p.key)!.queries, state.results)),
    [state, panels, queries],
  );

  const view = (panel: Panel) => {
    const own = queries.get(panel.key);
    return (
      own && (
        <PanelView
          panel={panel}
          queries={own.queries}
          context={own.context}
          state={state}
          syncKey={dashboard.uid}
          onZoom={time.zoom}
          single={single !== null}
        />
      )
    );
  };
  const trouble =
    state.error &&
    (state.loaded
      ? `${state.error}. The numbers are from ${new Date(state.at).toLocaleTimeString()}; trying again.`
      : state.error);
  return (
    <Shell
      name={dashboard.title}
      title={<h1>{dashboard.title}</h1>}
      controls={<TimePicker time={time} onNow={now} loading={state.loading} />}
      below={<VariableBar variables={variables} values={values} />}
      trouble={trouble || variableError}
    >
      {dashboard.notes.length > 0 && (
        <p className="board-notes">
          <Icon name="info" size={13} /> {dashboard.notes.join(" · ")}
        </p>
      )}
      <div ref={box} className="board" aria-busy={!state.loaded}>
        {silent && <FirstMinutes range={time.raw.from} />}
        {single ? (
          <>
            <button type="button" className="button back" onClick={() => setParams({ viewPanel: undefined })}>
              Back to the dashboard
            </button>
            <div className="single">
              {panels[0] ? view(panels[0]) : <p className="muted">No panel {single} on this dashboard.</p>}
            </div>
          </>
        ) : (
          sections.map((s) => (
            <div key={s.key} className="section">
              {s.title && (
                <h2 className="row-title">
                  <button type="button" aria-expanded={!closed(s)} onClick={() => toggle(s.key)}>
                    <Icon name="chevron" size={12} />
                    {interpolate(s.title, { variables, values, scope: s.scope, macros: {} }, "text")}
                    {closed(s) && <span className="muted"> {s.panels.length} panels</span>}
                  </button>
                </h2>
              )}
              {!closed(s) && (
                <div className="grid">
                  {s.panels.map((p) => (
                    <div
                      key={p.key}
                      className={`cell cell-${p.type}`}
                      style={{
                        gridColumn: `${p.grid.x + 1} / span ${p.grid.w}`,
                        gridRow: `${p.grid.y + 1} / span ${p.grid.h}`,
                      }}
                    >
                      {view(p)}
                    </div>
                  ))}
                </div>
              )}
            </div>
          ))
        )}
      </div>
    </Shell>
  );
}

function isEmpty(panel: Panel, queries: PanelQuery[], results: Parameters<typeof readPanelData>[2]): boolean {
  if (queries.length === 0) return true;
  const data = readPanelData(panel, queries, results);
  const zero = data.frames.every((f) =>
    f.fields.every((x) => x.type !== "number" || x.values.every((v) => v === null || v === 0 || Number.isNaN(v))),
  );
  return data.errors.length === 0 && zero && data.logs.length === 0 && data.traces.length === 0;
}
