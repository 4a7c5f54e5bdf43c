// What the pages that search have in common: picks that make a query, or a query of one's own, in the address.
import { useState, type FormEvent, type ReactNode } from "react";
import { useTick, useTimeControl } from "../data/clock";
import { setParams, useSearch } from "../data/url";
import { Shell } from "../shell/Shell";
import { TimePicker } from "../shell/TimePicker";
import { Icon } from "../widgets/Icon";

const DEFAULTS = { from: "now-15m", to: "now", refresh: "5s" };

/** `own` is a query that was typed; then no pick is shown, and the next one replaces it. */
export function useSearchPage<Name extends string>(names: Name[], build: (picks: Record<Name, string>) => string) {
  const time = useTimeControl(DEFAULTS);
  const { tick, now } = useTick(time);
  const params = useSearch();
  const own = params.get("expr");
  const picked = (from: URLSearchParams | null) =>
    Object.fromEntries(names.map((name) => [name, from?.get(name) ?? ""])) as Record<Name, string>;
  const expr = own ?? build(picked(params));
  const pick = (change: Record<string, string>) => setParams({ ...change, expr: undefined });
  return { time, tick, now, params, picks: picked(own ? null : params), own, expr, pick };
}

interface SearchShellProps {
  name: string;
  page: Pick<ReturnType<typeof useSearchPage>, "time" | "now">;
  state: { loading: boolean; error: string };
  children: ReactNode;
}

export function SearchShell({ name, page, state, children }: SearchShellProps) {
  return (
    <Shell
      name={name}
      title={<h1>{name}</h1>}
      controls={<TimePicker time={page.time} onNow={page.now} loading={state.loading} />}
      trouble={state.error}
    >
      {children}
    </Shell>
  );
}

export function Refusal({ text }: { text?: string }) {
  if (!text) return null;
  return (
    <p className="panel-error" role="alert">
      <Icon name="error" size={14} />
      {text}
    </p>
  );
}

export function QueryBox({ value, label }: { value: string; label: string }) {
  const [text, setText] = useState(value);
  const run = (event: FormEvent) => {
    event.preventDefault();
    setParams({ expr: text.trim() || undefined });
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
