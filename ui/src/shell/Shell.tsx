import type { ReactNode } from "react";
import { setTheme, useThemeChoice, type Choice } from "../data/theme";
import { keepRange, usePath } from "../data/url";
import { Icon } from "../widgets/Icon";
import { Link } from "../widgets/Link";

export const HOME = "beyla-red-metrics";
const PAGES = [
  { href: "/", name: "Overview", icon: "overview", match: new RegExp(`^/($|d/${HOME})`) },
  { href: "/dashboards", name: "Dashboards", icon: "dashboards", match: new RegExp(`^/(d/(?!${HOME})|dashboards)`) },
  { href: "/traces", name: "Traces", icon: "traces", match: /^\/traces?($|\/)/ },
  { href: "/logs", name: "Logs", icon: "logs", match: /^\/logs/ },
];
const NEXT: Record<Choice, Choice> = { system: "dark", dark: "light", light: "system" };
const THEME_ICON: Record<Choice, string> = { system: "auto", dark: "moon", light: "sun" };

interface Props {
  name: string; // of the page, for the browser's tab
  title: ReactNode;
  controls?: ReactNode;
  below?: ReactNode;
  trouble?: string; // the server cannot be reached
  children: ReactNode;
}

export function Shell({ name, title, controls, below, trouble, children }: Props) {
  const path = usePath();
  const theme = useThemeChoice();
  return (
    <div className="shell">
      <title>{name ? `${name} · tarsier` : "tarsier"}</title>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <Link href={keepRange("/")} className="brand" title="tarsier">
          <svg viewBox="0 0 32 20" width="30" height="19" aria-hidden="true">
            <circle cx="9" cy="10" r="8" className="eye" />
            <circle cx="23" cy="10" r="8" className="eye" />
            <circle cx="9" cy="10" r="3.6" className="pupil" />
            <circle cx="23" cy="10" r="3.6" className="pupil" />
          </svg>
          <span>tarsier</span>
        </Link>
        <nav aria-label="Pages">
          {PAGES.map((p) => (
            <Link
              key={p.href}
              href={keepRange(p.href)}
              {...(p.match.test(path) && { "aria-current": "page" as const })}
            >
              <Icon name={p.icon} size={14} />
              <span>{p.name}</span>
            </Link>
          ))}
        </nav>
        <div className="top-controls">
          {controls}
          <button
            type="button"
            className="button icon-only"
            aria-label={`Theme: ${theme}`}
            title={`Theme: ${theme}`}
            onClick={() => setTheme(NEXT[theme])}
          >
            <Icon name={THEME_ICON[theme]} size={14} />
          </button>
        </div>
      </header>
      {trouble && (
        <div className="trouble" role="status">
          <Icon name="warning" size={14} />
          {trouble}
        </div>
      )}
      <main id="main" tabIndex={-1}>
        <div className="page-head">
          {title}
          {below}
        </div>
        {children}
      </main>
    </div>
  );
}
