import { defineConfig } from "vite";
import { serviceWorkerInput } from "./tools/service_worker.ts";

/** The engine and the edges in a page without screens: what tests/browser and bench drive in a real browser. Never shipped. */
export default defineConfig({
  root: "tests/harness",
  publicDir: false,
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    rolldownOptions: {
      input: { index: "tests/harness/index.html", ...serviceWorkerInput.input },
      output: serviceWorkerInput.output,
    },
  },
  worker: { format: "es" },
  logLevel: "warn",
});
