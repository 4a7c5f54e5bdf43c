import { memo, useMemo, useRef, useState } from "react";
import { parseDuration } from "../engine/duration";
import type { Panel } from "../engine/model";
import { readPanelData, type PanelData } from "../engine/panelData";
import { defaultSteps, lookupFor, panelRange, type PanelQuery, type QueryContext } from "../engine/queries";
import { interpolate } from "../engine/variables";
import type { BatchState } from "../data/useBatch";
import { Icon } from "../widgets/Icon";
import { BarGaugePanel, GaugePanel } from "./GaugePanel";
import { LogList } from "./LogList";
import { PanelMenu } from "./PanelMenu";
import { PiePanel } from "./PiePanel";
import type { PanelProps } from "./props";
import { StatPanel } from "./StatPanel";
import { TablePanel } from "./TablePanel";
import { TextPanel, textOf } from "./TextPanel";
import { TimeSeriesPanel } from "./TimeSeriesPanel";
import { TraceList } from "./TraceList";

interface Props {
  panel: Panel;
  queries: PanelQuery[];
  state: BatchState;
  context: QueryContext;
  syncKey: string;
  onZoom(from: number, to: number): void;
  single: boolean;
}

export const PanelView = memo(function PanelView({ panel, queries, state, context, syncKey, onZoom, single }: Props) {
  const data = useMemo(() => readPanelData(panel, queries, state.results), [panel, queries, state.results]);
  const steps = useMemo(() => defaultSteps(panel, context), [panel, context]);
  const lookup = useMemo(() => lookupFor(panel, context, steps), [panel, context, steps]);
  const title = interpolate(panel.title, lookup, "text");
  const [asTable, setAsTable] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const answered = queries.length === 0 || queries.some((q) => state.results.has(q.id));
  const range = panelRange(panel, state.range.to > 0 ? state.range : context.range);
  const props: PanelProps = { panel, title, data, range, stepMs: queries[0]?.step_ms ?? steps.stepMs, onZoom, syncKey };
  const bare = panel.type === "text" && title === "";
  const window =
    panel.timeFrom && parseDuration(panel.timeFrom.replace(/^now-/, "")) !== undefined
      ? `Last ${panel.timeFrom}`
      : panel.timeFrom;
  return (
    <section
      className={`panel panel-${panel.type}`}
      data-panel={panel.id}
      data-type={panel.type}
      data-title={title}
      aria-label={title || panel.type}
      aria-busy={!answered}
    >
      {!bare && (
        <header className="panel-header">
          <h3 ref={heading} title={title}>
            {title}
          </h3>
          {window && <span className="panel-window">{window}</span>}
          {panel.description && (
            <span
              className="panel-info"
              tabIndex={0}
              role="note"
              aria-label={panel.description}
              title={panel.description}
            >
              <Icon name="info" size={13} />
            </span>
          )}
          <Notes data={data} />
          <PanelMenu
            panel={panel}
            queries={queries}
            data={data}
            single={single}
            asTable={asTable}
            onAsTable={setAsTable}
            lookup={lookup}
          />
        </header>
      )}
      {data.errors.length > 0 && (
        <div className="panel-error" role="alert">
          <Icon name="error" size={14} />
          <div>
            {data.errors.map((e) => (
              <p key={e.refId}>
                {data.errors.length > 1 && <b>{e.refId} </b>}
                {e.text}
              </p>
            ))}
          </div>
        </div>
      )}
      <div className="panel-body">
        {!answered ? (
          <div className="skeleton" />
        ) : (
          <Body {...props} asTable={asTable} text={interpolate(textOf(panel), lookup, "text")} />
        )}
      </div>
    </section>
  );
});

function Notes({ data }: { data: PanelData }) {
  const parts = [...data.notes.map((n) => `Not drawn yet: ${n}`), ...data.warnings];
  if (parts.length === 0) return null;
  const text = parts.join("\n");
  return (
    <span className="panel-note" tabIndex={0} role="note" aria-label={text} title={text}>
      <Icon name="warning" size={13} />
    </span>
  );
}

function Body({ asTable, text, ...props }: PanelProps & { asTable: boolean; text: string }) {
  const { panel, data } = props;
  if (data.errors.length > 0 && data.frames.length === 0 && data.logs.length === 0 && data.traces.length === 0)
    return null;
  if (asTable) return <TablePanel {...props} />;
  switch (panel.type) {
    case "stat":
      return <StatPanel {...props} />;
    case "timeseries":
      return <TimeSeriesPanel {...props} />;
    case "piechart":
      return <PiePanel {...props} />;
    case "table":
      return <TablePanel {...props} />;
    case "gauge":
      return <GaugePanel {...props} />;
    case "bargauge":
      return <BarGaugePanel {...props} />;
    case "logs":
      return <LogList rows={data.logs} compact />;
    case "traces":
      return <TraceList traces={data.traces} compact />;
    case "text":
      return <TextPanel panel={panel} text={text} />;
    default:
      return (
        <div className="unsupported">
          <p className="unsupported-text">
            <Icon name="info" size={14} />
            <span>
              Panels of type <b>{panel.type}</b> are not drawn yet. This is the data.
            </span>
          </p>
          {data.frames.some((f) => f.kind === "series") ? <TimeSeriesPanel {...props} /> : <TablePanel {...props} />}
        </div>
      );
  }
}
