import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { licenses } from "./licenses.config.ts";

export default defineConfig({
  plugins: [react(), licenses()],
  build: {
    target: "es2023",
    // The server's content policy forbids data: URLs for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Busy machines stall for seconds.
  test: { include: ["src/**/*.test.ts"], testTimeout: 30_000 },
});
