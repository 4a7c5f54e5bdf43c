// Chromium for the browser test: starts it, keeps what the page complains about, counts checks.
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../../ui/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

export async function openBrowser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: FLAGS });
}

export class Checks {
  passed = 0;
  failed = 0;
  complaints = [];
  folder = mkdtempSync(join(tmpdir(), "tarsier-browser-"));

  async openPage(browser, options = {}) {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: "dark",
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("console", (m) => m.type() === "error" && this.complaints.push(`${page.url()}: ${m.text()}`));
    page.on("pageerror", (e) => this.complaints.push(`${page.url()}: ${e.message}`));
    return page;
  }

  check(name, good, detail = "") {
    if (good) this.passed++;
    else {
      this.failed++;
      console.error(`FAILED ${name}${detail === "" ? "" : `: ${detail}`}`);
    }
    return good;
  }

  near(name, shown, wanted, share, absolute = 0) {
    const allowed = Math.max(Math.abs(wanted) * share, absolute);
    return this.check(
      name,
      Math.abs(shown - wanted) <= allowed,
      `shown ${shown}, wanted ${wanted} ± ${allowed.toFixed(2)}`,
    );
  }

  // Runs one part; what it throws is a failure of that part, with a picture.
  async part(page, name, run) {
    const before = this.failed;
    try {
      await run();
    } catch (error) {
      this.check(
        name,
        false,
        String(error.message ?? error)
          .split("\n")
          .slice(0, 6)
          .join(" "),
      );
    }
    if (this.failed > before) {
      const path = join(this.folder, `${name.replace(/\W+/g, "-")}.png`);
      await page.screenshot({ path, fullPage: true }).then(
        () => console.error(`       screenshot ${path}`),
        () => {},
      );
    }
  }

  end() {
    this.check(
      "no errors on the console",
      this.complaints.length === 0,
      `\n  ${this.complaints.slice(0, 10).join("\n  ")}`,
    );
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed > 0 ? 1 : 0;
  }
}

export function number(text) {
  const match = /-?[\d,]*\.?\d+/.exec(text ?? "");
  if (!match) return NaN;
  const scale = { K: 1e3, k: 1e3, Mil: 1e6, M: 1e6 }[/\d\s?(Mil|K|k|M)\b/.exec(text)?.[1]] ?? 1;
  return Number(match[0].replace(/,/g, "")) * scale;
}
