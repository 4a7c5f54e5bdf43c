// Dark, light, or as the system has it; and the colours that canvases need.
import { useSyncExternalStore } from "react";

export type Choice = "system" | "dark" | "light";
const KEY = "tarsier.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function read(): Choice {
  const asked = new URLSearchParams(location.search).get("theme");
  const saved = asked ?? localStorage.getItem(KEY);
  return saved === "dark" || saved === "light" ? saved : "system";
}

let choice = read();
apply();
dark.addEventListener("change", () => {
  apply();
  listeners.forEach((l) => l());
});

function apply(): void {
  document.documentElement.dataset.theme = resolved();
}
function resolved(): "dark" | "light" {
  return choice === "system" ? (dark.matches ? "dark" : "light") : choice;
}

export function setTheme(next: Choice): void {
  choice = next;
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  apply();
  listeners.forEach((l) => l());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
export function useThemeChoice(): Choice {
  return useSyncExternalStore(subscribe, () => choice);
}

export interface Palette {
  dark: boolean;
  panel: string;
  text: string;
  muted: string;
  grid: string;
  axis: string;
}
const PALETTES: Record<"dark" | "light", Palette> = {
  dark: {
    dark: true,
    panel: "#15181e",
    text: "#dfe3ea",
    muted: "#98a1b0",
    grid: "rgba(255, 255, 255, 0.055)",
    axis: "rgba(255, 255, 255, 0.12)",
  },
  light: {
    dark: false,
    panel: "#ffffff",
    text: "#1d222b",
    muted: "#5a6473",
    grid: "rgba(20, 28, 40, 0.07)",
    axis: "rgba(20, 28, 40, 0.16)",
  },
};
export function usePalette(): Palette {
  return PALETTES[useSyncExternalStore(subscribe, resolved)];
}
