/** Signed addresses just in time: those that came with create first, then by 64, asked anew a minute before they end. */

import type { Json } from "../api/answers";
import type { TransferCalls } from "../api/transfers";
import type { PartUrl } from "../api/types";
import type { Clock } from "../edges";
import { failure } from "../failures";
import { encode } from "../format/base64url";
import { Turns } from "../turns";
import type { Part } from "./blobs";
import type { Journal } from "./journal";

const URLS_A_CALL = 64;
const HEADERS_A_CALL = 500;
const MARGIN_MS = 60_000;

export class PartUrls {
  readonly #calls: TransferCalls;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #parts: readonly Part[];
  readonly #at = new Map<string, number>();
  readonly #known = new Map<string, PartUrl>();
  readonly #registered = new Set<string>();
  readonly #turns = new Turns();

  constructor(
    calls: TransferCalls,
    clock: Clock,
    journal: Journal,
    work: { parts: readonly Part[]; given: readonly PartUrl[] },
  ) {
    this.#calls = calls;
    this.#clock = clock;
    this.#journal = journal;
    this.#parts = work.parts;
    for (const [at, part] of work.parts.entries()) this.#at.set(nameOf(part.blob.id, part.number), at);
    this.#keep(work.given);
  }

  /** An address that lives at least another minute; each is given out once. Rejects with server_wrong, Refused, network. */
  take(part: Part): Promise<PartUrl> {
    const name = nameOf(part.blob.id, part.number);
    return this.#turns.take(async () => {
      if (!this.#fresh(name)) await this.#ask(this.#at.get(name) ?? 0);
      const url = this.#known.get(name);
      this.#known.delete(name);
      const [start, end] = part.range;
      if (url === undefined || url.size !== end - start) throw failure("server_wrong", "another plan of parts");
      return url;
    });
  }

  async #ask(at: number): Promise<void> {
    const wanted = this.#parts.slice(at, at + URLS_A_CALL);
    const parts = wanted.map((part) => ({ blob: part.blob.id, part: part.number }));
    const { headers, files } = this.#headersOf(wanted);
    this.#keep(await this.#calls.partUrls(parts, headers));
    for (const file of files) this.#registered.add(file);
  }

  /** The server keeps the first header of a file and refuses another: so two devices never seal one file twice. */
  #headersOf(parts: readonly Part[]): { headers: Json[]; files: string[] } {
    const files = new Set(parts.flatMap((part) => part.blob.files.map((file) => file.id)));
    const fresh = [...files].filter((id) => this.#journal.headers.has(id) && !this.#registered.has(id));
    const sent = fresh.slice(0, HEADERS_A_CALL);
    const headers = sent.map((id) => ({
      file: id,
      header: encode(this.#journal.headers.get(id) ?? new Uint8Array(0)),
    }));
    return { headers, files: sent };
  }

  #fresh(name: string): boolean {
    const url = this.#known.get(name);
    return url !== undefined && Date.parse(url.expires_at) - this.#clock.now() > MARGIN_MS;
  }

  #keep(urls: readonly PartUrl[]): void {
    for (const url of urls) this.#known.set(nameOf(url.blob, url.part), url);
  }
}

function nameOf(blob: string, part: number): string {
  return `${blob}/${part}`;
}
