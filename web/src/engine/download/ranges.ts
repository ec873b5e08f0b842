/** Ranges of one file: several fetched at once, opened, and given out in order, within a bound of memory. */

import { Retry, withRetries } from "../api/retries";
import type { DownloadEntry } from "../api/types";
import type { Crypto, Opened } from "../crypto/crypto";
import { NetworkFault, type World } from "../edges";
import { failure } from "../failures";
import type { Bytes } from "../format/bytes";
import { type Header, parseHeader } from "../format/segments";
import { HEADER_BYTES, type Range, segmentCiphertext, segmentCount, segmentPlaintext } from "../format/sizes";
import type { Gate } from "../gate";
import { Line } from "../line";
import type { Patience } from "../patience";
import type { Progress } from "../progress";
import type { RemoteFile } from "./remote_files";
import type { DownloadSession } from "./sessions";

/** Segments of one range: 8 MiB cost little to fetch again and few requests. */
const SEGMENTS_A_RANGE = 8;
/** Ranges at once: five connections of the browser's six to a host, so at most 40 MiB fetched and as much opened. */
const MOST_AT_ONCE = 5;
/** Of a lie about lengths: once or twice it may be a proxy's. */
const WRONG_ATTEMPTS = 3;

export interface Fetching {
  readonly world: World;
  readonly crypto: Crypto;
  readonly session: DownloadSession;
  readonly gate: Gate;
  readonly patience: Patience;
  readonly progress: Progress;
}

/**
 * The plaintext of a file from segment `first` on, in order: each piece was verified before it comes out. `stop` ends what
 * is under way, and is aborted when all is done.
 */
export async function* openedRanges(
  fetching: Fetching,
  file: RemoteFile,
  { first, stop }: { first: number; stop: AbortController },
): AsyncGenerator<Opened> {
  const ranges = rangesFrom(first, segmentCount(file.record.size));
  const line = new Line(fetching.world.clock, { most: MOST_AT_ONCE });
  const one = new RangeFetch(fetching, file, line, stop.signal);
  const underWay: Promise<Opened>[] = [];
  try {
    // The header comes first, because every range needs it: alone, unless one range holds the whole file.
    if (ranges.length > 1 || first > 0) await one.begin();
    while (ranges.length > 0 || underWay.length > 0) {
      while (underWay.length < line.limit && ranges.length > 0)
        underWay.push(quiet(one.range(ranges.shift() as Range)));
      yield await (underWay.shift() as Promise<Opened>);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(underWay);
  }
}

class RangeFetch {
  readonly #fetching: Fetching;
  readonly #file: RemoteFile;
  readonly #line: Line;
  readonly #stop: AbortSignal;
  #header: Header | null = null;

  constructor(fetching: Fetching, file: RemoteFile, line: Line, stop: AbortSignal) {
    this.#fetching = fetching;
    this.#file = file;
    this.#line = line;
    this.#stop = stop;
  }

  /** Learns the header. */
  async begin(): Promise<void> {
    if (this.#file.key === null) return;
    const { offset } = this.#file.entry;
    this.#header = parseHeader(await this.#bytes([offset, offset + HEADER_BYTES]));
  }

  /** Fetches and opens segments. Rejects with integrity_failed, length_differs, gone, network, stopped, Refused. */
  async range([first, end]: Range): Promise<Opened> {
    const [from, to] = [this.#place(first)[0], this.#place(end - 1)[1]];
    this.#line.begin();
    // An empty plain file has no byte that a Range header could name.
    const fetched = to > from ? await this.#bytes([from, to]) : new Uint8Array(0);
    this.#line.finish(to - from);
    const { key, aad, record } = this.#file;
    const { crypto } = this.#fetching;
    if (key !== null && first === 0) this.#header ??= parseHeader(fetched.slice(0, HEADER_BYTES));
    if (key === null || this.#header === null) {
      return { plaintext: fetched, digests: await crypto.digests({ size: record.size, first, piece: fetched }) };
    }
    return crypto.open({ file: { key, aad, header: this.#header, size: record.size }, first, ciphertext: fetched });
  }

  /** Where a segment lies in the blob. A plain file is cut the same way, without header and tags. */
  #place(index: number): Range {
    const { entry, key, record } = this.#file;
    const [start, end] = (key === null ? segmentPlaintext : segmentCiphertext)(index, record.size);
    return [entry.offset + start, entry.offset + end];
  }

  #bytes(range: Range): Promise<Bytes> {
    const { gate, patience, world, session } = this.#fetching;
    const tries = (signal: AbortSignal): Promise<Bytes> => {
      return withRetries({ ...world, signal }, async (number) => {
        const address = await session.address(this.#file, { anew: number >= 2 });
        return this.#once(address, range, signal);
      });
    };
    return patience.endure(() => gate.through(tries, this.#stop), this.#stop);
  }

  async #once(address: DownloadEntry, [start, end]: Range, signal: AbortSignal): Promise<Bytes> {
    const { world, progress } = this.#fetching;
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    try {
      const headers = { ...address.headers, range: `bytes=${start}-${end - 1}` };
      const answer = await world.http.bytes({ method: address.method, url: address.url, headers, signal });
      if (answer.status === 410) throw await this.#fetching.session.whyGone();
      const expected = `bytes ${start}-${end - 1}/`;
      if (answer.status !== 206 || !(answer.header("content-range") ?? "").startsWith(expected)) {
        throw new Retry(failure("network", `status ${answer.status}`));
      }
      for await (const chunk of answer.chunks) {
        if (filled + chunk.length > bytes.length) throw lie();
        bytes.set(chunk, filled);
        filled += chunk.length;
        progress.addUnderWay(chunk.length);
      }
      if (filled < bytes.length) throw new NetworkFault("fewer bytes than asked for");
      return bytes;
    } catch (error) {
      if (error instanceof NetworkFault && !signal.aborted) this.#line.fail();
      throw error;
    } finally {
      progress.addUnderWay(-filled);
      if (filled === bytes.length) progress.add(filled);
    }
  }
}

function rangesFrom(first: number, segments: number): Range[] {
  const ranges: Range[] = [];
  for (let at = first; at < segments; at += SEGMENTS_A_RANGE)
    ranges.push([at, Math.min(segments, at + SEGMENTS_A_RANGE)]);
  return ranges;
}

function lie(): Retry {
  return new Retry(failure("length_differs"), { attempts: WRONG_ATTEMPTS });
}

/** The promise itself; its failure is looked at later, in its turn. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
