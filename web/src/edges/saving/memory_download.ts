/** Saving a small file from memory, as every browser can: the last resort before the compatible download. */

import type { Bytes, FileSink } from "../../engine/edges";

/** More than this is not held in memory: phones end pages that take some hundred MiB. */
export const MEMORY_LIMIT = 64 * 2 ** 20;
const READ_WITHIN_MS = 120_000;

/** The file appears in the browser's download list when it is whole. */
export function memoryDownload(name: string): FileSink {
  let pieces: Bytes[] = [];
  return {
    begin: async () => {
      pieces = [];
    },
    write: async (bytes) => {
      pieces.push(bytes);
    },
    finish: async () => {
      const url = URL.createObjectURL(new Blob(pieces, { type: "application/octet-stream" }));
      clickLink(url, name);
      // Nobody tells when the browser has read it.
      setTimeout(() => URL.revokeObjectURL(url), READ_WITHIN_MS);
      pieces = [];
    },
    discard: async () => {
      pieces = [];
    },
    keep: async () => {
      pieces = [];
    },
  };
}

/** Opens an address as a download. */
export function clickLink(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.rel = "noopener";
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}
