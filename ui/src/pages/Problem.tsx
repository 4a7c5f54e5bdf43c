import { Shell } from "../shell/Shell";
import { Link } from "../widgets/Link";

export function Problem({ title, text }: { title: string; text: string }) {
  return (
    <Shell name={title} title={<h1>{title}</h1>}>
      <div className="problem" role="alert">
        <p>{text}</p>
        <p>
          <Link href="/dashboards">All dashboards</Link> · <Link href="/traces">Traces</Link> ·{" "}
          <Link href="/logs">Logs</Link>
        </p>
      </div>
    </Shell>
  );
}
