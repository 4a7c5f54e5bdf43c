import { humanDuration } from "../engine/duration";
import type { Trace } from "../engine/otlp";
import { selfTime } from "../engine/waterfall";
import { serviceColor } from "../data/services";
import { usePalette } from "../data/theme";
import { withParams } from "../data/url";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";

export function SpanDetails({ trace, index, onClose }: { trace: Trace; index: number; onClose(): void }) {
  const palette = usePalette();
  const s = trace.spans[index]!;
  const at = trace.startMs + s.startMs;
  const logs =
    "/logs" +
    withParams(
      {
        expr: `{service_name="${s.service}"} | trace_id="${trace.id}"`,
        from: String(Math.floor(at - 60e3)),
        to: String(Math.ceil(at + s.durationMs + 60e3)),
      },
      "",
    );
  return (
    <aside className="span-details" aria-label={`Span ${s.name}`}>
      <header>
        <div>
          <span className="service-chip">
            <i className="swatch" style={{ background: serviceColor(s.service, palette) }} />
            {s.service}
          </span>
          <h2>{s.name}</h2>
        </div>
        <button type="button" className="icon-button" aria-label="Close details" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {s.error && (
        <p className="span-status">
          <Icon name="error" size={14} /> Error{s.statusMessage && `: ${s.statusMessage}`}
        </p>
      )}
      <dl className="span-facts">
        <div>
          <dt>Duration</dt>
          <dd>{humanDuration(s.durationMs)}</dd>
        </div>
        <div>
          <dt>Own time</dt>
          <dd>{humanDuration(selfTime(trace, index))}</dd>
        </div>
        <div>
          <dt>Starts at</dt>
          <dd>{humanDuration(s.startMs)}</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>{s.kind}</dd>
        </div>
      </dl>
      <p>
        <Link href={logs} className="button">
          <Icon name="logs" size={14} /> Logs of this span's service
        </Link>
      </p>
      <Pairs title="Attributes" pairs={s.attributes} />
      {s.events.length > 0 && (
        <section>
          <h3>Events</h3>
          {s.events.map((e, i) => (
            <div key={i}>
              <p>
                <b>{e.name}</b> <span className="muted">at {humanDuration(e.offsetMs)}</span>
              </p>
              <Pairs pairs={e.attributes} />
            </div>
          ))}
        </section>
      )}
      {s.links.length > 0 && (
        <section>
          <h3>Links</h3>
          <ul>
            {s.links.map((l) => (
              <li key={l.traceId + l.spanId}>
                <Link href={`/trace/${l.traceId}?span=${l.spanId}`}>{l.traceId}</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Pairs title="Resource" pairs={s.resource} />
      <Pairs
        title="Identity"
        pairs={[
          ["trace id", trace.id],
          ["span id", s.id],
          ["parent span id", s.parentId || "none"],
          ["scope", s.scope || "none"],
        ]}
      />
      {s.orphan && <p className="note">Its parent {s.parentId} is not in this trace's data.</p>}
    </aside>
  );
}

function Pairs({ title, pairs }: { title?: string; pairs: [string, string][] }) {
  if (pairs.length === 0) return null;
  const sorted = [...pairs].sort(([a], [b]) => a.localeCompare(b));
  return (
    <section>
      {title && <h3>{title}</h3>}
      <table className="pairs">
        <tbody>
          {sorted.map(([key, value], i) => (
            <tr key={`${key}${i}`}>
              <th scope="row">{key}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
