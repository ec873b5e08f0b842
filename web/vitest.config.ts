import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // Modules of the page that hold state are written with runes.
  plugins: [svelte()],
  test: {
    include: ["tests/engine/**/*.test.ts", "tests/ui/**/*.test.ts"],
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 15_000,
  },
});
