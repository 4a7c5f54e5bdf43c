// The licences of what is in the bundle, as one text file beside it.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const SHIPPED = [
  "react",
  "react-dom",
  "scheduler",
  "uplot",
  "@tanstack/react-virtual",
  "@tanstack/virtual-core",
  "@fontsource-variable/inter",
  "@fontsource-variable/jetbrains-mono",
];

export function licenses(): Plugin {
  return {
    name: "licenses",
    apply: "build",
    generateBundle() {
      const read = (path: string) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
      const source = SHIPPED.map((name) => {
        const { version, license } = JSON.parse(read(`${name}/package.json`)) as Record<string, string>;
        return `${name} ${version} (${license})\n\n${read(`${name}/LICENSE`).trim()}\n`;
      }).join("\n----\n\n");
      this.emitFile({ type: "asset", fileName: "licenses.txt", source });
    },
  };
}
