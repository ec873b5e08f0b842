import { existsSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { chunks } from "./tools/page/chunks.ts";
import { safePage } from "./tools/page/safe_page.ts";
import { serviceWorkerInput } from "./tools/service_worker.ts";

const documents = ["index", "guest", "preview"].filter((name) => existsSync(new URL(`${name}.html`, import.meta.url)));

/** The page: one build, served by the runtime and by a CDN alike. */
export default defineConfig({
  plugins: [svelte(), safePage()],
  build: {
    outDir: "build/page",
    emptyOutDir: true,
    target: "es2022",
    // Colours are written with light-dark(), which older phones don't know: it is rewritten for them.
    cssTarget: ["chrome105", "firefox110", "safari15.4"],
    // A data: address would need a wider policy for images and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Reading PDFs is larger; only a preview loads it.
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      input: { ...Object.fromEntries(documents.map((name) => [name, `${name}.html`])), ...serviceWorkerInput.input },
      output: { ...serviceWorkerInput.output, codeSplitting: chunks },
    },
  },
  worker: { format: "es" },
  logLevel: "warn",
});
