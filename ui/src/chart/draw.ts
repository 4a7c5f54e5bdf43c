// What a chart draws besides its series: thresholds, and the line where a forecast begins.
import type uPlot from "uplot";
import { alpha } from "../engine/color";
import type { Chart } from "../engine/viz/series";
import type { Palette } from "../data/theme";
import { FONT } from "./options";

export function drawThresholds(u: uPlot, chart: Chart): void {
  const { mode, steps } = chart.thresholds;
  if (mode === "off" || mode === "") return;
  const { ctx, bbox } = u;
  const bottom = u.scales.y!.min!;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  steps.forEach((step, i) => {
    const from = u.valToPos(Number.isFinite(step.value) ? step.value : bottom, "y", true);
    const next = steps[i + 1];
    const to = next ? u.valToPos(next.value, "y", true) : bbox.top - 1;
    if (mode.includes("area") && (i > 0 || steps.length === 1)) {
      ctx.fillStyle = alpha(step.color, 0.07);
      ctx.fillRect(bbox.left, to, bbox.width, from - to);
    }
    if ((mode.includes("line") || mode === "dashed") && Number.isFinite(step.value)) {
      ctx.strokeStyle = alpha(step.color, 0.75);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, from);
      ctx.lineTo(bbox.left + bbox.width, from);
      ctx.stroke();
    }
  });
  ctx.restore();
}

export function drawEnd(u: uPlot, chart: Chart, palette: Palette): void {
  if (chart.end === undefined) return;
  const { ctx, bbox } = u;
  const x = Math.round(u.valToPos(chart.end, "x", true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.fillStyle = palette.dark ? "rgba(255,255,255,0.025)" : "rgba(20,28,40,0.03)";
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height);
  ctx.strokeStyle = palette.muted;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = FONT.replace("11px", `${11 * devicePixelRatio}px`);
  ctx.fillStyle = palette.muted;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.fillText("now", x + 5 * devicePixelRatio, bbox.top + 2 * devicePixelRatio);
  ctx.restore();
}
