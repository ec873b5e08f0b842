/** What uploads of this page share: resume records, and workers that seal. Made when the first one begins. */

import { type BrowserJournals, browserJournals } from "../../edges/browser_journals";
import { cryptoWorkers } from "../../edges/crypto_workers";
import type { Api, CryptoPool, UploadEdges } from "../../engine";

let kept: BrowserJournals | null = null;
let workers: CryptoPool | null = null;

/** Where resume records lie. */
export function journals(): BrowserJournals {
  kept ??= browserJournals();
  return kept;
}

/** The workers. */
export function crypto(): CryptoPool {
  workers ??= cryptoWorkers();
  return workers;
}

/** All that an upload takes. */
export function uploadEdges(api: Api): UploadEdges {
  return { api, crypto: crypto(), journals: journals() };
}
