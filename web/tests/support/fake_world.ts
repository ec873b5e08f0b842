/** A world whose time passes only when somebody sleeps, and whose storage is memory. */

import {
  type Bytes,
  type Clock,
  Failure,
  type FileSink,
  type FileSource,
  type WatchableJournals,
} from "../../src/engine";

/** Starts at a fixed moment; `sleep` moves it on at once and keeps how long was slept. */
export class FakeClock implements Clock {
  time = Date.UTC(2026, 5, 1);
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.time += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Bytes that are the same each time, and in which no two MiB are alike. */
export function bytesOf(size: number, seed = 1): Bytes {
  const block = new Uint8Array(Math.min(size, 1 << 20));
  let state = seed;
  for (let at = 0; at < block.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    block[at] = state >>> 24;
  }
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += block.length) {
    bytes.set(block.subarray(0, size - at), at);
    bytes[at] = (seed + at / block.length) & 255;
  }
  return bytes;
}

/** A file in memory. `content` may be exchanged; `unreadable` makes every read fail. */
export class FakeFile implements FileSource {
  readonly mediaType = "application/octet-stream";
  readonly name: string;
  readonly size: number;
  content: Bytes;
  unreadable = false;

  constructor(name: string, content: Bytes) {
    this.name = name;
    this.content = content;
    this.size = content.length;
  }

  async piece(start: number, end: number): Promise<Bytes> {
    if (this.unreadable) throw new Failure("file_unreadable");
    return this.content.slice(start, end);
  }
}

/** Resume records in memory; what was appended is copied as JSON, as a real store would. */
export class FakeJournals implements WatchableJournals {
  readonly kept = new Map<string, string[]>();
  readonly #open = new Set<string>();
  #told: (() => void)[] = [];

  async names(): Promise<string[]> {
    return [...this.kept.keys()];
  }

  async look(name: string): Promise<{ entries: unknown[]; held: boolean }> {
    const lines = this.kept.get(name) ?? [];
    return { entries: lines.map((line) => JSON.parse(line) as unknown), held: this.#open.has(name) };
  }

  async released(name: string, signal: AbortSignal): Promise<void> {
    while (this.#open.has(name) && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#told.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  async open(name: string): Promise<Awaited<ReturnType<WatchableJournals["open"]>>> {
    if (this.#open.has(name)) throw new Failure("upload_running");
    this.#open.add(name);
    const lines = this.kept.get(name) ?? [];
    this.kept.set(name, lines);
    const close = async (): Promise<void> => {
      this.#open.delete(name);
      for (const tell of this.#told.splice(0)) tell();
    };
    return {
      entries: lines.map((line) => JSON.parse(line) as unknown),
      append: async (entries) => {
        await new Promise((resolve) => setImmediate(resolve));
        lines.push(...entries.map((entry) => JSON.stringify(entry)));
      },
      close,
      remove: async () => {
        this.kept.delete(name);
        await close();
      },
    };
  }
}

/** A sink in memory. */
export class FakeSink implements FileSink {
  readonly held?: { size: number; read(start: number, end: number): Promise<Bytes> };
  #pieces: Bytes[];
  ended: "finished" | "discarded" | "kept" | null = null;

  constructor(held?: Bytes) {
    this.#pieces = held === undefined ? [] : [held];
    if (held !== undefined) this.held = { size: held.length, read: async (start, end) => held.slice(start, end) };
  }

  get content(): Bytes {
    return new Uint8Array(Buffer.concat(this.#pieces));
  }

  async begin(offset: number): Promise<void> {
    this.#pieces = [this.content.slice(0, offset)];
  }

  async write(bytes: Bytes): Promise<void> {
    this.#pieces.push(bytes);
  }

  async finish(): Promise<void> {
    this.ended = "finished";
  }

  async discard(): Promise<void> {
    this.ended = "discarded";
  }

  async keep(): Promise<void> {
    this.ended = "kept";
  }
}
