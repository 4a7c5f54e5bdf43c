// Pictures of every page, dark and light, on a desk and on a phone.
//
//   node tests/browser/screenshots.mjs http://127.0.0.1:3000 FOLDER
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Checks, openBrowser } from "./browser.mjs";
import { settled } from "./dashboard.mjs";

const [base, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const checks = new Checks();
const browser = await openBrowser();
const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
for (const colorScheme of ["dark", "light"]) {
  for (const [size, viewport] of Object.entries(sizes)) {
    const page = await checks.openPage(browser, { viewport, colorScheme, deviceScaleFactor: size === "phone" ? 2 : 1 });
    const shoot = (name, fullPage = false) =>
      page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), fullPage });
    await page.goto(`${base}/`);
    await settled(page);
    await shoot("dashboard");
    await shoot("dashboard-whole", true);
    await page.goto(`${base}/logs`);
    await page.locator(".log-line").first().waitFor();
    await shoot("logs");
    await page.goto(
      `${base}/traces?expr=${encodeURIComponent('{ name = "POST /api/transaction" && span.http.response.status_code < 300 }')}`,
    );
    await page.locator(".trace-name").first().waitFor();
    await shoot("traces");
    await page.locator(".trace-name").first().click();
    await page.locator(".span-row").nth(1).click();
    await page.locator(".span-details").waitFor();
    await shoot("trace");
    await page.goto(`${base}/dashboards`);
    await page.locator(".dashboard-list a").first().waitFor();
    await shoot("dashboards");
    await page.close();
  }
}
await browser.close();
