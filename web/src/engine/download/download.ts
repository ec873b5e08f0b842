/** Fetching a transfer: its session, one file or all of them, to sinks or as one zip. */

import type { Api } from "../api/api";
import { TransferCalls } from "../api/transfers";
import type { Transfer } from "../api/types";
import type { Crypto } from "../crypto/crypto";
import type { FileSink } from "../edges";
import { failure, isFailure } from "../failures";
import type { Bytes } from "../format/bytes";
import { safePaths } from "../format/safe_paths";
import { segmentCount, segmentPlaintext } from "../format/sizes";
import { type Held, Patience, type Wait } from "../patience";
import { Pausable } from "../pausable";
import { heldSegments } from "./held";
import { inAdvance } from "./in_advance";
import { type OpenTransfer, openTransfer } from "./opened_transfer";
import type { Fetching } from "./ranges";
import type { Keys, RemoteFile } from "./remote_files";
import { type DownloadSession, openSessions } from "./sessions";
import { verifiedContent } from "./verified";
import { type ZipContent, zipLength, zipStream } from "./zip";

// What came is not the file, or nobody may have it any more: it is not kept for another try.
const DISCARD = ["integrity_failed", "digest_differs", "header_wrong", "length_wrong", "length_differs", "gone"];

/** A file that arrived whole; `sha256` over all of its bytes, in hex. */
export interface Fetched {
  readonly id: string;
  readonly sha256: string;
}

/** All files as one zip: give `length` as Content-Length, then send `content`. */
export interface ZipDownload {
  readonly length: number;
  readonly content: AsyncIterable<Bytes>;
}

/** `wait`: told when the line, the server or the proof is away; it goes on where it was when this resolves. Without it, it ends there. */
export interface DownloadEdges {
  readonly api: Api;
  readonly crypto: Crypto;
  readonly changed?: () => void;
  readonly wait?: Wait;
}

/**
 * A download under way, opened by `Download.open`. `files` are in the order of the transfer. `fetch` writes one file to a
 * sink; `zip` gives all as one stream; `pause`, `go` and `stop` hold for both.
 */
export class Download extends Pausable {
  readonly #api: Api;
  readonly #crypto: Crypto;
  readonly #sessions: readonly DownloadSession[];
  readonly #patience: Patience;
  readonly files: readonly RemoteFile[];

  private constructor(edges: DownloadEdges, sessions: readonly DownloadSession[]) {
    super(edges.api.world.clock, edges.changed);
    const changed = (): void => this.course.tell();
    this.#patience = new Patience({ wait: edges.wait, ending: this.gate.ending, changed });
    this.#api = edges.api;
    this.#crypto = edges.crypto;
    this.#sessions = sessions;
    this.files = sessions.flatMap((session) => session.files);
  }

  /**
   * Opens a download session over all files, or those named: this is what counts as a download. Rejects with Refused
   * (gone, key_gone, downloads_spent), key_missing, key_wrong, and where server and records disagree.
   */
  static async open(
    edges: DownloadEdges,
    transfer: Pick<Transfer, "id" | "class"> & { slots?: readonly object[] },
    wanted: { ids?: readonly string[]; keys?: Keys; opened?: OpenTransfer } = {},
  ): Promise<Download> {
    const calls = new TransferCalls(edges.api, transfer.id);
    // The key first: with a wrong one no download is counted.
    const opened = wanted.opened ?? (await openTransfer(transfer, wanted.keys ?? {}, edges.crypto.argon2id));
    const ids = wanted.ids ?? (await calls.files()).map((file) => file.id);
    return new Download(edges, await openSessions(calls, edges.api.world.clock, opened, ids));
  }

  /** What the download waits for, by itself. */
  get held(): Held | null {
    return this.#patience.held;
  }

  /**
   * Fetches one file to a sink, from where an earlier try stopped. Resolves when all of it was verified and the sink has
   * finished. Rejects with integrity_failed, digest_differs, length_differs, gone, network, stopped, Refused.
   */
  async fetch(file: RemoteFile, sink: FileSink): Promise<Fetched> {
    const session = this.#sessionOf(file);
    const hash = await this.#crypto.hash("sha256");
    let sha256 = "";
    try {
      this.course.begin(file.entry.length, 0);
      this.course.enter("comparing");
      const earlier = await heldSegments(sink, file, { crypto: this.#crypto, hash });
      const first = earlier.digests.length;
      const offset = first === 0 ? 0 : segmentPlaintext(first - 1, file.record.size)[1];
      await sink.begin(offset);
      this.course.begin(file.entry.length, first === segmentCount(file.record.size) ? file.entry.length : offset);
      this.course.enter("moving");
      const whole = (hex: string): void => {
        sha256 = hex;
      };
      for await (const piece of verifiedContent(this.#fetching(session), file, { earlier, hash, whole })) {
        await sink.write(piece);
      }
      await sink.finish();
    } catch (error) {
      await (isFailure(error, ...DISCARD) ? sink.discard() : sink.keep());
      throw error;
    }
    this.course.enter("done");
    await session.complete([file.id]);
    return { id: file.id, sha256 };
  }

  /**
   * All bytes of a small file, verified, to look at. It is not told as arrived, so that saving it afterwards is not counted
   * again. Rejects as `fetch` does.
   */
  async read(file: RemoteFile): Promise<Bytes> {
    const bytes = new Uint8Array(file.record.size);
    let filled = 0;
    this.course.begin(file.entry.length, 0);
    this.course.enter("moving");
    for await (const piece of verifiedContent(this.#fetching(this.#sessionOf(file)), file)) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    this.course.enter("done");
    return bytes;
  }

  /**
   * All files as one zip, with safe paths. The stream fails, and the zip is not whole, where a file does not hold. `modified`
   * in ms since the epoch; `arrived` is told of each file that was verified.
   */
  async zip(modified: number, arrived?: (file: Fetched) => void): Promise<ZipDownload> {
    const paths = await safePaths(this.files.map((file) => file.record.name));
    const entries = this.files.map((file, at): ZipContent => {
      const name = (paths[at] ?? []).join("/").normalize("NFC");
      const content = (): AsyncGenerator<Bytes> => this.#told(file, arrived);
      return { name, size: file.record.size, modified, content };
    });
    return { length: zipLength(entries), content: this.#zipped(inAdvance(entries)) };
  }

  /** The content of an entry; hashed as a whole where somebody wants to know. */
  async *#told(file: RemoteFile, arrived?: (file: Fetched) => void): AsyncGenerator<Bytes> {
    const fetching = this.#fetching(this.#sessionOf(file));
    if (arrived === undefined) return yield* verifiedContent(fetching, file);
    const whole = (sha256: string): void => arrived({ id: file.id, sha256 });
    yield* verifiedContent(fetching, file, { hash: await this.#crypto.hash("sha256"), whole });
  }

  async *#zipped(entries: readonly ZipContent[]): AsyncGenerator<Bytes> {
    this.course.begin(
      this.files.reduce((sum, file) => sum + file.entry.length, 0),
      0,
    );
    this.course.enter("moving");
    yield* zipStream(entries, () => this.#crypto.hash("crc32"));
    this.course.enter("done");
    for (const session of this.#sessions) await session.complete(session.files.map((file) => file.id));
  }

  #fetching(session: DownloadSession): Fetching {
    const { world } = this.#api;
    const held = { gate: this.gate, patience: this.#patience };
    return { world, crypto: this.#crypto, session, ...held, progress: this.course };
  }

  #sessionOf(file: RemoteFile): DownloadSession {
    const session = this.#sessions.find((one) => one.files.includes(file));
    if (session === undefined) throw failure("server_wrong", "list of files");
    return session;
  }
}
