// Panels and rows to sections. Three shapes come in: rows as panels among panels, rows that hold
// their collapsed children, and the oldest one, rows[] with spans of twelve.
import { bool, num, objects, str, type Json } from "../json";
import type { Grid } from "../model";

export interface RawSection {
  title: string;
  collapsed: boolean;
  repeat: string;
  panels: { panel: Json; grid: Grid }[];
}

const COLUMNS = 24;
const ROW_PX = 38; // 30 px and the gap of 8

export function layOut(spec: Json): RawSection[] {
  const rows = objects(spec.rows);
  const sections = rows.length > 0 && objects(spec.panels).length === 0 ? fromRows(rows) : fromPanels(spec);
  return sections.filter((s) => s.title !== "" || s.panels.length > 0).map(toOrigin);
}

function fromPanels(spec: Json): RawSection[] {
  const placed = objects(spec.panels).map((panel, index) => ({ panel, index, grid: readGrid(panel) }));
  let next = 0;
  for (const p of placed) {
    p.grid ??= { x: (next % 2) * 12, y: 1e6 + Math.floor(next++ / 2) * 8, w: 12, h: 8 };
  }
  placed.sort((a, b) => a.grid!.y - b.grid!.y || a.grid!.x - b.grid!.x || a.index - b.index);
  const sections: RawSection[] = [{ title: "", collapsed: false, repeat: "", panels: [] }];
  for (const { panel, grid } of placed) {
    if (str(panel.type) === "row") {
      sections.push({
        title: str(panel.title) || "Row",
        collapsed: bool(panel.collapsed),
        repeat: str(panel.repeat),
        panels: fromPanels({ panels: panel.panels }).flatMap((s) => s.panels),
      });
    } else {
      sections.at(-1)!.panels.push({ panel, grid: grid! });
    }
  }
  return sections;
}

function readGrid(panel: Json): Grid | undefined {
  const grid = panel.gridPos;
  if (typeof grid !== "object" || grid === null) return undefined;
  const g = grid as Json;
  const w = clamp(Math.round(num(g.w) ?? 12), 1, COLUMNS);
  return {
    w,
    h: clamp(Math.round(num(g.h) ?? 8), 1, 200),
    x: clamp(Math.round(num(g.x) ?? 0), 0, COLUMNS - w),
    y: clamp(Math.round(num(g.y) ?? 0), 0, 1e6),
  };
}

function fromRows(rows: Json[]): RawSection[] {
  const titled = rows.some((row) => bool(row.showTitle) || bool(row.collapse) || str(row.repeat));
  const sections: RawSection[] = [];
  let y = 0;
  for (const row of rows) {
    const height = heightOf(row.height) ?? 7;
    if (titled || sections.length === 0) {
      const title = titled ? str(row.title) || "Row" : "";
      sections.push({ title, collapsed: bool(row.collapse), repeat: str(row.repeat), panels: [] });
    }
    let x = 0;
    let tallest = 0;
    for (const panel of objects(row.panels)) {
      const w = clamp(Math.round((num(panel.span) ?? 4) * 2), 1, COLUMNS);
      const h = heightOf(panel.height) ?? height;
      if (x + w > COLUMNS) {
        y += tallest;
        x = tallest = 0;
      }
      sections.at(-1)!.panels.push({ panel, grid: { x, y, w, h } });
      x += w;
      tallest = Math.max(tallest, h);
    }
    y += tallest;
  }
  return sections;
}

function heightOf(height: unknown): number | undefined {
  const px = num(str(height).replace(/px$/, ""));
  return px === undefined || px <= 0 ? undefined : Math.max(2, Math.ceil(px / ROW_PX));
}

// Each section counts its own rows from 0, without the empty ones above and between.
function toOrigin(section: RawSection): RawSection {
  const filled = new Set<number>();
  for (const { grid } of section.panels) for (let y = grid.y; y < grid.y + grid.h; y++) filled.add(y);
  const lines = [...filled].sort((a, b) => a - b);
  const rank = new Map(lines.map((y, index) => [y, index]));
  const panels = section.panels.map(({ panel, grid }) => ({
    panel,
    grid: { ...grid, y: rank.get(grid.y) ?? 0 },
  }));
  return { ...section, panels };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
