// Panels and rows that repeat over a variable's values become as many.
import type { Dashboard, Option, Panel, Section, Values, Variable } from "./model";
import { expand } from "./variables";

const COPIES_MAX = 100;

export function expandRepeats(dashboard: Dashboard, variables: Variable[], values: Values): Section[] {
  const optionsOf = (name: string): Option[] => {
    const variable = variables.find((v) => v.name === name);
    return variable ? expand(variable, values).slice(0, COPIES_MAX) : [];
  };
  return dashboard.sections.flatMap((section) => {
    const options = section.repeat ? optionsOf(section.repeat) : [];
    if (options.length === 0) return [withPanels(section, optionsOf)];
    return options.map((option) => {
      const scope = { ...section.scope, [section.repeat]: option };
      const panels = section.panels.map((p) => ({
        ...p,
        key: `${p.key}@${option.value}`,
        scope: { ...p.scope, ...scope },
      }));
      return withPanels({ ...section, key: `${section.key}@${option.value}`, scope, panels }, optionsOf);
    });
  });
}

function withPanels(section: Section, optionsOf: (name: string) => Option[]): Section {
  let pushed = 0;
  const panels: Panel[] = [];
  for (const panel of [...section.panels].sort((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x)) {
    const options = panel.repeat ? optionsOf(panel.repeat) : [];
    const here = { ...panel.grid, y: panel.grid.y + pushed };
    if (options.length === 0) {
      panels.push({ ...panel, grid: here });
      continue;
    }
    const columns = panel.repeatVertical ? 1 : Math.min(panel.maxPerRow, options.length);
    const w = panel.repeatVertical ? here.w : Math.max(1, Math.floor(24 / columns));
    options.forEach((option, i) => {
      const x = panel.repeatVertical ? here.x : (i % columns) * w;
      panels.push({
        ...panel,
        key: `${panel.key}@${option.value}`,
        scope: { ...panel.scope, [panel.repeat]: option },
        grid: { x, y: here.y + Math.floor(i / columns) * here.h, w, h: here.h },
      });
    });
    pushed += (Math.ceil(options.length / columns) - 1) * here.h;
  }
  return { ...section, panels };
}
