import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/engine/**/*.test.ts", "tests/ui/**/*.test.ts"],
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 15_000,
  },
});
