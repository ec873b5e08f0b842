/**
 * The edges of the engine: everything it needs from the world, as small interfaces. The page gives the browser's
 * (src/edges), tests give fakes, and a run under node gives files.
 */

import type { Bytes, Random } from "./format/bytes";

export type { Bytes, Random } from "./format/bytes";

/** Bytes at hand, or a slice of a file that a worker reads for itself. */
export type Piece = Bytes | Blob;

/** Time. `now` is milliseconds since the epoch; `sleep` ends early, without a throw, when the signal is aborted. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Draws a number of 0 (included) to 1 (excluded), for jitter alone. */
export type Chance = () => number;

/** No answer came: the line was cut, a name did not resolve, a deadline passed, or the caller aborted. */
export class NetworkFault extends Error {}

/** A request without a body, or with text for one. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether cookies travel (only the page's own token renewal). */
  readonly cookies?: boolean;
  readonly signal?: AbortSignal;
}

/** What came back, before its body. Header names are given in lower case. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | null;
}

/** Bytes to a signed address. `sent` is told how many bytes of the body have left so far, where that can be seen. */
export interface PutRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Bytes[];
  readonly size: number;
  readonly sent?: (count: number) => void;
  readonly signal?: AbortSignal;
}

/** HTTP. Each method rejects with NetworkFault where no answer came, also in the middle of a body. */
export interface Http {
  /** The whole answer as text; more than `limit` characters are a NetworkFault. */
  text(request: HttpRequest, limit: number): Promise<HttpAnswer & { readonly text: string }>;
  /** The answer to a PUT; its body is of no interest. */
  put(request: PutRequest): Promise<HttpAnswer>;
  /** The answer with its bytes as they come. Leaving the loop early cancels the rest. */
  bytes(request: HttpRequest): Promise<HttpAnswer & { readonly chunks: AsyncIterable<Uint8Array> }>;
}

/** A file somebody chose. `name` is the relative path with `/` that the receiver sees. */
export interface FileSource {
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** A range of it; rejects with Failure("file_unreadable") when the file changed, shrank or vanished since it was chosen. */
  piece(start: number, end: number): Promise<Piece>;
}

/** One resume record, held by this caller alone until it is closed. Entries are plain JSON values. */
export interface JournalFile {
  readonly entries: readonly unknown[];
  /** Adds entries at the end and returns only when they would survive a crash (fsync, a committed IndexedDB transaction). */
  append(entries: readonly unknown[]): Promise<void>;
  /** Lets another caller open it. */
  close(): Promise<void>;
  /** Forgets all of it, and closes. */
  remove(): Promise<void>;
}

/** Where resume records lie. */
export interface JournalStore {
  /** Rejects with Failure("upload_running") while another tab, page or process has it open. */
  open(name: string): Promise<JournalFile>;
  /** The names of all records. */
  names(): Promise<string[]>;
}

/** Resume records that can be looked at while somebody else has them open. */
export interface WatchableJournals extends JournalStore {
  /** What a record says, and whether anybody has it open, this page included. It is not opened, so nobody is kept from it. */
  look(name: string): Promise<{ readonly entries: readonly unknown[]; readonly held: boolean }>;
  /** Resolves when nobody has it open any more, or when `signal` is aborted. */
  released(name: string, signal: AbortSignal): Promise<void>;
}

/** Where one file goes, in order. Nothing shows it under its name before `finish`. */
export interface FileSink {
  /** What lies there from an earlier try, which is read again and hashed before it counts. */
  readonly held?: { readonly size: number; read(start: number, end: number): Promise<Bytes> };
  /** Bytes are kept up to `offset`, the rest is written anew; called once, before the first write. */
  begin(offset: number): Promise<void>;
  /** Resolves when more may come: this is what keeps memory bounded. The bytes are the sink's from then on. */
  write(bytes: Bytes): Promise<void>;
  /** All of it is there and has been verified. */
  finish(): Promise<void>;
  /** What came is not to be used, nor kept for another try. */
  discard(): Promise<void>;
  /** The transfer stopped; what came may be kept for another try. */
  keep(): Promise<void>;
}

/** The edges that nearly everything takes. */
export interface World {
  readonly http: Http;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly random: Random;
}
