// The address bar is the state: the page, the range, the variables, what is open.
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const changed = () => listeners.forEach((l) => l());
window.addEventListener("popstate", changed);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}

export function useSearch(): URLSearchParams {
  const search = useSyncExternalStore(subscribe, () => location.search);
  return new URLSearchParams(search);
}

export function navigate(href: string, replace = false): void {
  if (href === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  changed();
}

export type Changes = Record<string, string | string[] | undefined>;

// Sets and removes parameters; the rest stays.
export function withParams(changes: Changes, search = location.search): string {
  const params = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    params.delete(key);
    for (const v of value === undefined ? [] : [value].flat()) params.append(key, v);
  }
  // Readable: what the address bar allows is not escaped.
  const text = params.toString().replace(/%3A/g, ":").replace(/%2F/g, "/").replace(/%24/g, "$");
  return text ? `?${text}` : "";
}

export function setParams(changes: Changes, replace = false): void {
  navigate(location.pathname + withParams(changes), replace);
}

// A link to another page that keeps the range.
export function keepRange(path: string, extra: Changes = {}): string {
  const now = new URLSearchParams(location.search);
  const kept: Changes = {};
  for (const key of ["from", "to", "refresh"]) if (now.has(key)) kept[key] = now.get(key)!;
  return path + withParams({ ...kept, ...extra }, "");
}
