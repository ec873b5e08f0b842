/** What a person watches: the parts on their way, byte by byte, and how much of each file is in. */

import type { ServerFile } from "../api/types";
import type { Part, SendBlob } from "./blobs";

/** One part on its way. `file`: the place of its file among the sources, of a pack the first in it. */
export interface LivePart {
  readonly file: number;
  readonly number: number;
  readonly of: number;
  readonly size: number;
  readonly sent: number;
  readonly state: "reading" | "sending" | "waiting";
}

interface BlobState {
  readonly file: number;
  readonly size: number;
  readonly of: number;
  settled: number;
  readonly live: Map<number, LivePart>;
}

export class Liveness {
  readonly #blobs = new Map<string, BlobState>();
  #blobOf: readonly string[] = [];

  /** The plan: files in the order of the sources, and the bytes of each blob that the store does not hold yet. */
  begin(files: readonly ServerFile[], blobs: Iterable<SendBlob>, missing: (blob: string) => number): void {
    this.#blobOf = files.map((file) => file.blob);
    const first = new Map<string, number>();
    for (const [at, blob] of this.#blobOf.entries()) if (!first.has(blob)) first.set(blob, at);
    this.#blobs.clear();
    for (const { id, size, partSize } of blobs) {
      const of = Math.max(1, Math.ceil(size / partSize));
      const settled = Math.max(0, size - missing(id));
      this.#blobs.set(id, { file: first.get(id) ?? 0, size, of, settled, live: new Map() });
    }
  }

  /** A part is read, sent or waits for its next try; `sent` bytes of it have left. */
  put({ blob, number, range }: Part, state: LivePart["state"], sent = 0): void {
    const known = this.#blobs.get(blob.id);
    if (known === undefined) return;
    const size = range[1] - range[0];
    known.live.set(number, { file: known.file, number, of: known.of, size, sent: Math.min(sent, size), state });
  }

  /** A part is in. */
  stored(part: Part): void {
    const known = this.#blobs.get(part.blob.id);
    if (known?.live.delete(part.number)) known.settled += part.range[1] - part.range[0];
  }

  /** A part is not on its way any more: a pause, or a failure. */
  drop({ blob, number }: Part): void {
    this.#blobs.get(blob.id)?.live.delete(number);
  }

  get parts(): LivePart[] {
    return [...this.#blobs.values()].flatMap(({ live }) => [...live.values()]);
  }

  /** How much of a file is in, 0 to 1: what its pack has, where it lies in one. */
  shareOf(file: number): number {
    const known = this.#blobs.get(this.#blobOf[file] ?? "");
    if (known === undefined) return 0;
    if (known.size === 0) return known.settled > 0 || known.live.size === 0 ? 1 : 0;
    const sent = [...known.live.values()].reduce((sum, part) => sum + part.sent, 0);
    return Math.min(1, (known.settled + sent) / known.size);
  }
}
