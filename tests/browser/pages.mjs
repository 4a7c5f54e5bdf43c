// The trace page and the logs page, and the ways between them.
const SERVICES = /^(core|database|receipt)/;

// Every service of the demo that answered requests.
export async function demoServices(page, base, truth) {
  const query = new URLSearchParams({
    "match[]": "http_server_request_duration_seconds_count",
    start: String(truth.startMs / 1000 - 60),
    end: String(Date.now() / 1000),
  });
  const answer = await (await page.request.get(`${base}/api/v1/label/service_name/values?${query}`)).json();
  return answer.data.filter((name) => SERVICES.test(name)).sort();
}

export async function checkTrace(checks, page, base, truth, services) {
  const range = `from=${Math.round(truth.startMs - 5000)}&to=${Math.round(truth.endMs + 20_000)}&refresh=off`;
  const expr = '{ name = "POST /api/transaction" && kind = server && span.http.response.status_code < 300 }';
  await page.goto(`${base}/traces?${range}&expr=${encodeURIComponent(expr)}`);
  await page.locator(".trace-list tbody tr").first().waitFor();
  checks.check("traces are listed", (await page.locator(".trace-list tbody tr").count()) > 0);
  await page.locator(".trace-name").first().click();
  await page.locator(".span-row").first().waitFor();
  const shown = await page
    .locator(".span-row")
    .evaluateAll((rows) => [...new Set(rows.map((r) => r.dataset.service))].sort());
  checks.check(
    "spans of all services",
    services.every((s) => shown.includes(s)),
    `shown ${shown}, wanted ${services}`,
  );
  checks.check("its id is a trace id", /^[0-9a-f]{32}$/.test(await page.locator(".trace-id").textContent()));
  const depth = await page
    .locator(".span-row")
    .evaluateAll((rows) => Math.max(...rows.map((r) => Number(r.getAttribute("aria-level")))));
  checks.check("spans are below those that caused them", depth >= 3, `depth ${depth}`);

  await page.locator(".waterfall-scroll").focus();
  await page.keyboard.press("Enter");
  await page.locator(".span-details").waitFor();
  const details = await page.locator(".span-details").textContent();
  checks.check("details name route and method", details.includes("http.route") && details.includes("/api/transaction"));
  await page.keyboard.press("Escape");
  const rows = await page.locator(".span-row").count();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((n) => document.querySelectorAll(".span-row").length < n, rows);
  await page.keyboard.press("ArrowRight");

  const id = await page.locator(".trace-id").textContent();
  await page.getByRole("link", { name: "Logs of this trace" }).click();
  await page.locator(".log-line").first().waitFor();
  const links = await page.locator(".log-trace").evaluateAll((all) => all.map((a) => new URL(a.href).pathname));
  checks.check(
    "logs of the trace are of that trace",
    links.length > 0 && links.every((l) => l === `/trace/${id}`),
    links.slice(0, 3).join(" "),
  );
}

export async function checkLogs(checks, page, base, truth, service) {
  const range = `from=${Math.round(truth.startMs - 5000)}&to=${Math.round(truth.endMs + 20_000)}&refresh=off`;
  await page.goto(`${base}/logs?${range}`);
  await page.locator(".log-line").first().waitFor();
  checks.check("the volume is drawn", (await page.locator(".volume canvas").count()) === 1);
  await page.getByLabel("Service", { exact: true }).selectOption(service);
  const search = page.getByLabel("Lines that contain");
  await search.fill("/balance");
  await search.press("Enter");
  await page.waitForURL(/text=(%2F|\/)balance/);
  await page.waitForFunction(() => {
    const lines = [...document.querySelectorAll(".log-text")];
    return lines.length > 0 && lines.every((l) => l.textContent.includes("/balance"));
  });
  const lines = await page.locator(".log-text").allTextContents();
  checks.check(
    "every line found has the text",
    lines.every((l) => l.includes("/balance")),
  );
  checks.check("no secret is shown", !lines.some((l) => l.includes("tarsier-demo-secret")));

  await page.locator(".log-button").first().click();
  const fields = await page.locator(".log-fields").first().textContent();
  checks.check("a line opens to its fields", fields.includes("trace_id") && fields.includes("service_name"));
  const wanted = await page
    .locator(".log-trace")
    .first()
    .evaluate((a) => new URL(a.href).pathname.split("/").pop());
  await page.locator(".log-trace").first().click();
  await page.locator(".span-row").first().waitFor();
  checks.check("a line leads to its trace", (await page.locator(".trace-id").textContent()) === wanted);
}
