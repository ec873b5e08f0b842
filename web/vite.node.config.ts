import { defineConfig } from "vite";

/** The engine as one program for node: what tests/web runs against a real server. */
export default defineConfig({
  build: {
    ssr: "tests/node/main.ts",
    outDir: "build/node",
    target: "node20",
    minify: false,
    rolldownOptions: { output: { entryFileNames: "main.mjs" } },
  },
  ssr: { noExternal: true },
  logLevel: "warn",
});
