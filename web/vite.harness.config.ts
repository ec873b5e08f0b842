import { defineConfig } from "vite";
import { safePage } from "./tools/page/safe_page.ts";
import { serviceWorkerInput } from "./tools/service_worker.ts";

/**
 * The engine and the edges in a page without screens, under the headers of the real one: what tests/browser and bench drive.
 * Never shipped.
 */
export default defineConfig({
  root: "tests/harness",
  plugins: [safePage()],
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
