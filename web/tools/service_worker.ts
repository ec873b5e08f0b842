/**
 * How the service worker is built: one file at the root of the page, since a worker's scope can't be above its own folder,
 * under a name that never changes, since browsers look for its next version there.
 */

import { fileURLToPath } from "node:url";

export const serviceWorkerInput = {
  input: { sw: fileURLToPath(new URL("../src/ui/service_worker/main.ts", import.meta.url)) },
  output: {
    entryFileNames: (chunk: { name: string }): string => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
  },
};
