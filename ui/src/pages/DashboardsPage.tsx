import { useEffect, useState, type DragEvent } from "react";
import { importDashboard } from "../engine/import/import";
import { openContainer } from "../engine/import/container";
import type { Dashboard } from "../engine/model";
import { listDashboards, saveDashboard, type DashboardEntry } from "../data/api";
import { keepRange, navigate } from "../data/url";
import { Shell } from "../shell/Shell";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";

export function DashboardsPage() {
  const [entries, setEntries] = useState<DashboardEntry[]>();
  const [filter, setFilter] = useState("");
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const abort = new AbortController();
    listDashboards(abort.signal)
      .then(setEntries)
      .catch((e: Error) => !abort.signal.aborted && setProblem(e.message));
    return () => abort.abort();
  }, []);
  const shown = entries?.filter((d) => `${d.title} ${d.tags.join(" ")}`.toLowerCase().includes(filter.toLowerCase()));
  return (
    <Shell name="Dashboards" title={<h1>Dashboards</h1>}>
      <div className="columns">
        <section aria-label="All dashboards">
          <label className="search-box">
            <Icon name="search" size={14} />
            <input
              placeholder="Search"
              aria-label="Search dashboards"
              value={filter}
              onChange={(e) => setFilter(e.target.value)}
            />
          </label>
          {problem && (
            <p className="error-text" role="alert">
              {problem}
            </p>
          )}
          <ul className="dashboard-list">
            {shown?.map((d) => (
              <li key={d.uid}>
                <Link href={keepRange(`/d/${encodeURIComponent(d.uid)}`)}>
                  <Icon name="dashboards" />
                  <b>{d.title}</b>
                  {d.tags.map((t) => (
                    <span key={t} className="tag">
                      {t}
                    </span>
                  ))}
                </Link>
              </li>
            ))}
          </ul>
          {shown?.length === 0 && (
            <p className="muted">{filter ? "None matches." : "No dashboards yet. Import one."}</p>
          )}
        </section>
        <Import />
      </div>
    </Shell>
  );
}

function Import() {
  const [text, setText] = useState("");
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState("");
  const [read, setRead] = useState<{ source: unknown; board: Dashboard }>();
  const take = (next: string) => {
    setText(next);
    setRead(undefined);
    setProblem("");
    if (next.trim() === "") return;
    try {
      const source: unknown = JSON.parse(next);
      const board = importDashboard(source);
      if (board.sections.every((s) => s.panels.length === 0)) setProblem("This JSON holds no panels");
      else setRead({ source, board });
    } catch (e) {
      setProblem(`This is no JSON: ${e instanceof Error ? e.message : String(e)}`);
    }
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void event.dataTransfer.files[0]?.text().then(take);
  };
  const save = async () => {
    try {
      const spec = read!.board.uid && openContainer(read!.source);
      const dashboard =
        spec && !spec.v2 ? { ...spec.spec, uid: read!.board.uid, title: read!.board.title, id: null } : read!.source;
      navigate(`/d/${encodeURIComponent((await saveDashboard(dashboard)) || read!.board.uid)}`);
    } catch (e) {
      setProblem(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <section
      className={`import ${over ? "over" : ""}`}
      aria-label="Import"
      onDragOver={(e) => (e.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <h2>
        <Icon name="upload" /> Import
      </h2>
      <p className="muted">Drop a Grafana dashboard's JSON here, choose a file, or paste it.</p>
      <input
        type="file"
        accept=".json,application/json"
        aria-label="Dashboard file"
        onChange={(e) => void e.target.files?.[0]?.text().then(take)}
      />
      <textarea
        rows={8}
        spellCheck={false}
        aria-label="Dashboard JSON"
        placeholder='{"title": …, "panels": […]}'
        value={text}
        onChange={(e) => take(e.target.value)}
      />
      {problem && (
        <p className="error-text" role="alert">
          {problem}
        </p>
      )}
      {read && <Report board={read.board} />}
      <button type="button" className="button primary" disabled={!read} onClick={() => void save()}>
        Import{read ? ` “${read.board.title}”` : ""}
      </button>
    </section>
  );
}

const DRAWN = new Set(["stat", "timeseries", "piechart", "table", "gauge", "bargauge", "logs", "traces", "text"]);

// What will be drawn, before anything is saved.
function Report({ board }: { board: Dashboard }) {
  const panels = board.sections.flatMap((s) => s.panels);
  const foreign = [...new Set(panels.filter((p) => !DRAWN.has(p.type)).map((p) => p.type))];
  return (
    <ul className="report">
      <li>
        {panels.length} panels, {board.variables.length} variables
      </li>
      {foreign.length > 0 && <li>Shown as plain data: {foreign.join(", ")}</li>}
      {board.notes.map((n) => (
        <li key={n}>{n}</li>
      ))}
    </ul>
  );
}
