// Drives the UI of a running tarsier in Chromium, beside the counts of the load generator that just ran.
//
//   node tests/browser/run.mjs http://127.0.0.1:3000 truth.json
//
// The load should have come at a steady rate for a minute or more (load -rate 40 -for 70s -truth truth.json). Nothing else
// may be sent for 10 s after its end; from then on a little traffic should go on, for the live part.
import { Checks, openBrowser } from "./browser.mjs";
import { checkControls, checkLive, checkNumbers, checkOldStack, checkPhone } from "./dashboard.mjs";
import { checkLogs, checkTrace, demoServices } from "./pages.mjs";
import { readTruth } from "./truth.mjs";

const [base, truthPath] = process.argv.slice(2);
if (!base || !truthPath) {
  console.error("usage: run.mjs BASE_URL TRUTH.json");
  process.exit(2);
}
const truth = readTruth(truthPath);
const checks = new Checks();
const browser = await openBrowser();
try {
  const page = await checks.openPage(browser);
  let services = [];
  await checks.part(page, "services", async () => {
    services = await demoServices(page, base, truth);
    checks.check(
      "core and database are known",
      services.some((s) => s.startsWith("core")) && services.some((s) => s.startsWith("database")),
      services.join(" "),
    );
  });
  const core = services.find((s) => s.startsWith("core")) ?? "core";
  await checks.part(page, "numbers", () => checkNumbers(checks, page, base, truth, core));
  await checks.part(page, "live", () => checkLive(checks, page, base));
  await checks.part(page, "old stack", () => checkOldStack(checks, page, base));
  await checks.part(page, "controls", () => checkControls(checks, page, base));
  await checks.part(page, "trace", () => checkTrace(checks, page, base, truth, services));
  await checks.part(page, "logs", () => checkLogs(checks, page, base, truth, core));
  const phone = await checks.openPage(browser, { viewport: { width: 390, height: 844 }, colorScheme: "light" });
  await checks.part(phone, "phone", () => checkPhone(checks, phone, base));
} finally {
  await browser.close();
}
checks.end();
