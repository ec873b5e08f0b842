/** How fast this line is, before anything is fetched that counts: by a part of the page that is large enough to tell. */

import probe from "pdfjs-dist/wasm/openjpeg.wasm?url";

/** A line on which the probe takes longer is slow, whatever it is exactly. */
const LONGEST_MS = 6000;
/** Bytes of the probe as it travels at least, where the browser does not say. */
const LEAST_BYTES = 60_000;

/** Bytes a second, roughly; null where it could not be measured. Takes six seconds at most. */
export async function measuredRate(): Promise<number | null> {
  const began = performance.now();
  try {
    const signal = AbortSignal.timeout(LONGEST_MS);
    const address = new URL(probe, location.href);
    const answer = await fetch(address, { cache: "no-store", credentials: "omit", signal });
    await answer.arrayBuffer();
    const entry = performance.getEntriesByName(address.href).at(-1) as PerformanceResourceTiming | undefined;
    const bytes = entry?.encodedBodySize || LEAST_BYTES;
    // The answer's first byte is where the line begins to count; before it the server and the way there do.
    const ms = entry === undefined ? performance.now() - began : entry.responseEnd - entry.responseStart;
    return (bytes / Math.max(1, ms)) * 1000;
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return late ? (LEAST_BYTES / LONGEST_MS) * 1000 : null;
  }
}
