import { useRef, useState } from "react";
import type { Panel } from "../engine/model";
import type { PanelData } from "../engine/panelData";
import type { PanelQuery } from "../engine/queries";
import { formatDuration } from "../engine/duration";
import { interpolate, type Lookup } from "../engine/variables";
import { setParams } from "../data/url";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";
import { Popover } from "../widgets/Popover";

interface Props {
  panel: Panel;
  queries: PanelQuery[];
  data: PanelData;
  single: boolean;
  asTable: boolean;
  onAsTable(on: boolean): void;
  lookup: Lookup;
}

const TABLES = new Set(["timeseries", "stat", "piechart", "gauge", "bargauge"]);

export function PanelMenu({ panel, queries, data, single, asTable, onAsTable, lookup }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const show = () => {
    setOpen(true);
    requestAnimationFrame(() => dialog.current?.showModal());
  };
  return (
    <>
      <Popover
        label={`Menu of ${panel.title || panel.type}`}
        className="icon-button panel-menu"
        align="right"
        button={<Icon name="dots" size={14} />}
      >
        {(close) => (
          <ul className="menu">
            <li>
              <button type="button" onClick={() => (close(), setParams({ viewPanel: single ? undefined : panel.key }))}>
                {single ? "Back to the dashboard" : "View alone"}
              </button>
            </li>
            {TABLES.has(panel.type) && (
              <li>
                <button type="button" onClick={() => (close(), onAsTable(!asTable))}>
                  {asTable ? "Show as chart" : "Show as table"}
                </button>
              </li>
            )}
            <li>
              <button type="button" onClick={() => (close(), show())}>
                How is this computed?
              </button>
            </li>
            {panel.links.map((l) => (
              <li key={l.url}>
                <Link href={interpolate(l.url, lookup, "percentencode")} newTab={l.newTab}>
                  {l.title}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Popover>
      {open && (
        <dialog
          ref={dialog}
          className="dialog"
          aria-label={`Queries of ${panel.title}`}
          onClose={() => setOpen(false)}
          onClick={(e) => e.target === dialog.current && dialog.current.close()}
        >
          <div className="dialog-body">
            <header>
              <h2>{panel.title || panel.type}</h2>
              <button type="button" className="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
                <Icon name="close" />
              </button>
            </header>
            {panel.description && <p>{panel.description}</p>}
            {queries.map((q) => (
              <section key={q.id}>
                <h3>
                  {q.target.refId}{" "}
                  <span className="muted">
                    {q.kind} ·{" "}
                    {q.instant
                      ? "at the range's end"
                      : q.kind === "prometheus"
                        ? `every ${formatDuration(q.step_ms!)}`
                        : `at most ${q.limit}`}
                  </span>
                </h3>
                <pre className="code">{q.expr}</pre>
                {data.errors
                  .filter((e) => e.refId === q.target.refId)
                  .map((e) => (
                    <p key={e.text} className="error-text">
                      {e.text}
                    </p>
                  ))}
              </section>
            ))}
            {data.notes.length > 0 && <p className="muted">Not drawn yet: {data.notes.join(", ")}</p>}
          </div>
        </dialog>
      )}
    </>
  );
}
