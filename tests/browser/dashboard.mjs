// The dashboard's part: its numbers beside the load generator's, all panels drawn, one request a tick.
import { readFileSync } from "node:fs";
import { number } from "./browser.mjs";

const ours = JSON.parse(readFileSync(new URL("../../dashboards/beyla-red-metrics.json", import.meta.url), "utf8"));
const oldStack = JSON.parse(readFileSync(new URL("old-stack-dashboard.json", import.meta.url), "utf8"));
const HOME = `/d/${ours.uid}`;

export async function settled(page) {
  await page.locator(".panel").first().waitFor();
  await page.waitForFunction(
    () =>
      document.querySelectorAll('.panel[aria-busy="true"]').length === 0 &&
      document.querySelectorAll(".board[aria-busy=true]").length === 0,
  );
  await page.waitForTimeout(300);
}

const panel = (page, title) => page.locator(`.panel[data-title="${title}"]`);

// Every panel has a picture in it: no error, nothing unsupported, no empty place.
export async function checkPanels(checks, page, wanted) {
  const state = await page.locator(".panel").evaluateAll((all) =>
    all.map((p) => ({
      title: p.dataset.title,
      error: p.querySelector('[role="alert"]')?.textContent ?? "",
      unsupported: p.querySelector(".unsupported-text")?.textContent ?? "",
      empty: p.querySelector(".no-data")?.textContent ?? "",
      notes: p.querySelector(".panel-note")?.getAttribute("aria-label") ?? "",
      drawn: p.querySelector(".stat-value, canvas, .pie path, tbody tr, .log-item, .text-panel, .gauge") !== null,
    })),
  );
  checks.check("panels on the page", state.length === wanted, `${state.length}, wanted ${wanted}`);
  for (const s of state) {
    const wrong = s.error || s.unsupported || s.empty || s.notes || (s.drawn ? "" : "nothing is drawn");
    checks.check(`panel "${s.title}" draws`, wrong === "", wrong);
  }
}

export async function checkNumbers(checks, page, base, truth, service) {
  const range = (from, to) =>
    `${base}${HOME}?from=${Math.round(from)}&to=${Math.round(to)}&refresh=off&var-service=${encodeURIComponent(service)}`;
  // Totals: a range around the whole run, with the two metric intervals that its last counts may take.
  await page.goto(range(truth.startMs - 10_000, truth.endMs + 10_000));
  await settled(page);
  for (const [status, count] of truth.byStatus) {
    const text = await panel(page, "HTTP status codes").locator(`[data-name="${status}"] .pie-value`).textContent();
    checks.near(`status ${status}`, number(text), count, 0.08, 3);
  }
  const table = panel(page, "Top endpoints");
  const heads = (await table.locator("thead th").allTextContents()).map((t) => t.trim());
  const rows = await table
    .locator("tbody tr")
    .evaluateAll((all) => all.map((r) => [...r.cells].map((c) => c.textContent.trim())));
  const column = (row, name) => row[heads.indexOf(name)];
  checks.check(
    "busiest endpoint first",
    rows.length > 0 &&
      Number(number(column(rows[0], "Requests"))) === Math.max(...rows.map((r) => number(column(r, "Requests")))),
  );
  for (const e of truth.endpoints) {
    const row = rows.find((r) => column(r, "Method") === e.method && column(r, "Route") === e.route);
    if (
      !checks.check(
        `endpoint ${e.name}`,
        row !== undefined,
        `not among ${rows.map((r) => r.slice(0, 3).join(" ")).join("; ")}`,
      )
    )
      continue;
    checks.near(`requests of ${e.name}`, number(column(row, "Requests")), e.count, 0.08, 3);
    checks.near(`errors of ${e.name} in %`, number(column(row, "Errors")) || 0, e.errorPercent, 0, 1.5);
  }
  // Rates: what was "now" when the run ended. They look back one minute.
  await page.goto(range(truth.startMs - 10_000, truth.endMs));
  await settled(page);
  const stat = async (title) =>
    number(await panel(page, title).locator(`[data-name="${service}"] .stat-value, .stat-value`).first().textContent());
  checks.near("request rate", await stat("Request rate"), truth.rate * Math.min(1, truth.seconds / 60), 0.2);
  checks.near("error %", await stat("Errors"), truth.errorPercent, 0, 3);
  const p95 = await stat("P95 response time");
  checks.check("P95 is a time", p95 > 0, String(p95));
}

export async function checkLive(checks, page, base) {
  await page.goto(base + "/");
  await settled(page);
  checks.check("title", (await page.locator("h1").textContent()) === ours.title);
  await checkPanels(checks, page, ours.panels.filter((p) => p.type !== "row").length);
  // A forecast needs two minutes of history.
  for (const title of ["Request rate, 15 minutes ahead", "Errors, 15 minutes ahead"]) {
    await panel(page, title).locator('.chart[aria-label*="min ahead: core"]').waitFor({ timeout: 150_000 });
  }
  const asked = [];
  const note = (r) => {
    const { pathname } = new URL(r.url());
    if (pathname.startsWith("/api/") && !pathname.startsWith("/api/dashboards/"))
      asked.push({ pathname, at: Date.now() });
  };
  page.on("request", note);
  const before = await page.locator(".panel canvas").first().elementHandle();
  await page.waitForTimeout(16_000);
  page.off("request", note);
  const gaps = asked.slice(1).map((a, i) => a.at - asked[i].at);
  const steady = asked.length >= 2 && gaps.every((gap) => gap > 2500);
  const detail = `${asked.map((a) => a.pathname).join(" ")}, ms apart: ${gaps.join(" ")}`;
  checks.check("one data request a tick of 5 s", steady && asked.every((a) => a.pathname === "/api/ui/batch"), detail);
  checks.check("a tick redraws, it does not rebuild", await before.evaluate((e) => e.isConnected));
}

export async function checkOldStack(checks, page, base) {
  const answer = await page.request.post(`${base}/api/dashboards/db`, { data: { ...oldStack, overwrite: true } });
  checks.check("a dashboard in the old stack's shape is taken", answer.ok(), await answer.text());
  const { uid } = await answer.json();
  await page.goto(`${base}/d/${uid}`);
  await settled(page);
  await checkPanels(checks, page, oldStack.dashboard.panels.length);
  await page.request.delete(`${base}/api/dashboards/uid/${uid}`);
}

export async function checkControls(checks, page, base) {
  await page.goto(`${base}${HOME}?refresh=off`);
  await settled(page);
  await page.getByRole("button", { name: "Time range" }).click();
  await page.getByRole("button", { name: "Last 5 minutes" }).click();
  await page.waitForURL(/from=now-5m/);
  await settled(page);
  const chart = panel(page, "Request rate over time").locator(".u-over");
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
  await page.waitForTimeout(200);
  checks.check("tooltip names the series", (await page.locator(".tooltip-row").count()) > 0);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=\d{13}&to=\d{13}/);
  await page.goBack();
  await page.waitForURL(/from=now-5m/);
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: dark" }).click();
  checks.check("the theme can be changed", (await theme()) === "light");
  await page.getByRole("button", { name: "Theme: light" }).click();
}

export async function checkPhone(checks, page, base) {
  await page.goto(`${base}/?refresh=off`);
  await settled(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  checks.check("a phone needs no sideways scrolling", wide <= 0, `${wide} px too wide`);
}
