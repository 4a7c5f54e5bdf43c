import { Fragment, type ReactNode } from "react";
import { at, str } from "../engine/json";
import { safeUrl } from "../engine/import/panel";
import type { Panel } from "../engine/model";

// Markdown's common part as elements. Nothing of the text is ever taken as HTML.
export function TextPanel({ panel, text }: { panel: Panel; text: string }) {
  if (str(panel.options.mode) === "html") {
    const plain = new DOMParser().parseFromString(text, "text/html").body.textContent ?? "";
    return <div className="text-panel">{blocks(plain)}</div>;
  }
  if (str(panel.options.mode) === "code") return <pre className="text-panel code">{text}</pre>;
  return <div className="text-panel">{blocks(text)}</div>;
}

export function textOf(panel: Panel): string {
  return str(panel.options.content) || str(at(panel.options, "code.content"));
}

function blocks(text: string): ReactNode[] {
  const parts = text.replace(/\r/g, "").split(/\n{2,}|(?=^#{1,6} )|(?<=^#{1,6} .*)\n/m);
  return parts.map((part, key) => {
    const heading = /^(#{1,6})\s+(.*)$/s.exec(part.trim());
    if (heading)
      return heading[1]!.length < 3 ? (
        <h3 key={key}>{inline(heading[2]!)}</h3>
      ) : (
        <h4 key={key}>{inline(heading[2]!)}</h4>
      );
    const lines = part.trim().split("\n");
    if (part.trim() === "") return null;
    if (part.startsWith("```"))
      return (
        <pre key={key}>
          {lines
            .slice(1)
            .filter((l) => l !== "```")
            .join("\n")}
        </pre>
      );
    if (lines.every((l) => /^\s*[-*] /.test(l)))
      return (
        <ul key={key}>
          {lines.map((l, i) => (
            <li key={i}>{inline(l.replace(/^\s*[-*] /, ""))}</li>
          ))}
        </ul>
      );
    if (lines.every((l) => /^\s*\d+[.)] /.test(l)))
      return (
        <ol key={key}>
          {lines.map((l, i) => (
            <li key={i}>{inline(l.replace(/^\s*\d+[.)] /, ""))}</li>
          ))}
        </ol>
      );
    return (
      <p key={key}>
        {lines.map((l, i) => (
          <Fragment key={i}>
            {i > 0 && " "}
            {inline(l)}
          </Fragment>
        ))}
      </p>
    );
  });
}

function inline(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  const pattern = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]*)\]\(([^)\s]+)\)/g;
  let last = 0;
  for (const m of text.matchAll(pattern)) {
    out.push(text.slice(last, m.index));
    last = m.index + m[0].length;
    if (m[1]) out.push(<code key={last}>{m[1]}</code>);
    else if (m[2]) out.push(<strong key={last}>{m[2]}</strong>);
    else if (m[3]) out.push(<em key={last}>{m[3]}</em>);
    else
      out.push(
        safeUrl(m[5]!) ? (
          <a key={last} href={m[5]} rel="noreferrer">
            {m[4]}
          </a>
        ) : (
          m[4]
        ),
      );
  }
  out.push(text.slice(last));
  return out;
}
