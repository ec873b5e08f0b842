/**
 * The resume record: what an upload has promised about its bytes, kept durable before any of them leaves.
 *
 * One header, one plaintext (spec/format.md, section 2, rule 5): before the first byte of a part leaves, header and the
 * SHA-256 of each of the part's plaintext segments are recorded. Before a part is sent again they are compared; on a
 * difference the file may not go on under this header.
 */

import type { Created, TransferClass } from "../api/types";
import type { JournalFile, JournalStore } from "../edges";
import { failure } from "../failures";
import { decode, encode } from "../format/base64url";
import { type Bytes, equal } from "../format/bytes";
import { type Header, parseHeader } from "../format/segments";
import type { KeySlot } from "../format/slots";
import { Turns } from "../turns";

/** What was asked for; the first entry. `key` is the idempotency key, `transfer_key` that of a sealed transfer. */
export interface Start {
  readonly k: "start";
  readonly v: 1;
  readonly key: string;
  readonly begun: number;
  readonly origin: string;
  readonly class: TransferClass;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly transfer_key: string | null;
}

/** The ways in, made once: an answer that is lost must not lose the only key of a sealed transfer. */
export interface Ways {
  readonly k: "ways";
  readonly slots: readonly KeySlot[];
  readonly link_key: string | null;
  readonly passphrase_auth: string | null;
}

type CreatedKept = Pick<Created, "id" | "transfer_key" | "files">;
type Entry =
  | Start
  | Ways
  | { readonly k: "created"; readonly answer: CreatedKept; readonly headers: Readonly<Record<string, string>> }
  | { readonly k: "part"; readonly file: string; readonly first: number; readonly digests: readonly string[] };

/** What a record begins with, read without opening it: what was asked for, and the transfer where there is one. Null where it says nothing. */
export function beginningOf(entries: readonly unknown[]): { start: Start; transfer: string | null } | null {
  const known = entries as readonly Entry[];
  const start = known.find((entry): entry is Start => entry.k === "start" && entry.v === 1);
  if (start === undefined) return null;
  const created = known.find((entry) => entry.k === "created");
  return { start, transfer: created?.answer.id ?? null };
}

/** Consecutive segments of a file (of a plain blob: its parts, counted from 0) and what each hashes to. */
export interface Promised {
  readonly file: string;
  readonly first: number;
  readonly digests: readonly Bytes[];
}

/** One upload's record, held by this upload alone until it is closed or finished. */
export class Journal {
  readonly #file: JournalFile;
  readonly #turns = new Turns();
  start: Start | null = null;
  ways: Ways | null = null;
  readonly created: CreatedKept[] = [];
  readonly headers = new Map<string, Header>();
  readonly digests = new Map<string, Map<number, Bytes>>();

  private constructor(file: JournalFile) {
    this.#file = file;
    for (const entry of file.entries) this.#take(entry as Entry);
  }

  /** Opens a record, new or kept. Rejects with Failure("upload_running") while another holds it. */
  static async open(store: JournalStore, name: string): Promise<Journal> {
    const file = await store.open(name);
    try {
      return new Journal(file);
    } catch {
      // A damaged disk: what was promised is not known any more, so nothing may go on under it.
      await file.remove();
      return new Journal(await store.open(name));
    }
  }

  begin(start: Start): Promise<void> {
    return this.#write([start]);
  }

  keepWays(ways: Ways): Promise<void> {
    return this.#write([ways]);
  }

  /** Records what the server made of the files, and a header for each of them. */
  keepCreated(answer: CreatedKept, headers: ReadonlyMap<string, Header>): Promise<void> {
    const texts = Object.fromEntries([...headers].map(([file, header]) => [file, encode(header)]));
    const { files, id, transfer_key } = answer;
    const kept = { files, ...(id !== undefined && { id }), ...(transfer_key !== undefined && { transfer_key }) };
    return this.#write([{ k: "created", answer: kept, headers: texts }]);
  }

  /** Records segments, or compares them with what was recorded. Rejects with Failure("file_changed") on a difference. */
  promise(promised: readonly Promised[]): Promise<void> {
    return this.#turns.take(async () => {
      const added: Entry[] = [];
      for (const { file, first, digests } of promised) {
        const known = digests.map((digest, at) => this.holds(file, first + at, digest));
        if (known.includes(false)) {
          added.push({ k: "part", file, first, digests: digests.map(encode) });
        }
      }
      if (added.length > 0) await this.#append(added);
    });
  }

  /** Whether this very digest was promised; throws Failure("file_changed") where another one was. */
  holds(file: string, index: number, digest: Bytes): boolean {
    const known = this.digests.get(file)?.get(index);
    if (known !== undefined && !equal(known, digest)) throw failure("file_changed");
    return known !== undefined;
  }

  /** Lets another run take it up. */
  close(): Promise<void> {
    return this.#turns.take(() => this.#file.close());
  }

  /** The upload is complete or given up: nothing is left to resume. */
  finish(): Promise<void> {
    return this.#turns.take(() => this.#file.remove());
  }

  #write(entries: readonly Entry[]): Promise<void> {
    return this.#turns.take(() => this.#append(entries));
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    await this.#file.append(entries);
    for (const entry of entries) this.#take(entry);
  }

  #take(entry: Entry): void {
    switch (entry.k) {
      case "start":
        if (entry.v !== 1) throw failure("upload_unknown");
        this.start = entry;
        return;
      case "ways":
        this.ways = entry;
        return;
      case "created":
        this.created.push(entry.answer);
        for (const [file, header] of Object.entries(entry.headers)) this.headers.set(file, parseHeader(decode(header)));
        return;
      case "part": {
        const known = this.digests.get(entry.file) ?? new Map<number, Bytes>();
        this.digests.set(entry.file, known);
        for (const [at, digest] of entry.digests.entries()) known.set(entry.first + at, decode(digest));
        return;
      }
      default:
        throw failure("upload_unknown");
    }
  }
}
