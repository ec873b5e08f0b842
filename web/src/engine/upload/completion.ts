/** Telling the server that blobs are there: records, checksums, headers, up to 100 files and 10,000 parts a call. */

import type { Json } from "../api/answers";
import type { TransferCalls } from "../api/transfers";
import type { ServerFile } from "../api/types";
import type { Crypto } from "../crypto/crypto";
import { bytesOf } from "../crypto/segment_runs";
import type { FileSource, Random } from "../edges";
import { failure } from "../failures";
import { encode } from "../format/base64url";
import type { Bytes } from "../format/bytes";
import { fileDigest } from "../format/digest";
import { sealRecord } from "../format/record";
import { segmentCount } from "../format/sizes";
import { Turns } from "../turns";
import type { SealedFile, SendBlob } from "./blobs";
import type { Journal } from "./journal";

const FILES_A_CALL = 100;
const PARTS_A_CALL = 10_000;
const HASHED_AT_ONCE = 8 * 2 ** 20;

/** What a file is known by here: what seals it, or only its source where it is plain. */
export interface Known {
  readonly sealed: ReadonlyMap<string, SealedFile>;
  readonly sources: ReadonlyMap<string, FileSource>;
}

/** Completes blobs in turns; those that finish while a call is under way go with the next one. */
export class Completion {
  readonly #calls: TransferCalls;
  readonly #crypto: Crypto;
  readonly #journal: Journal;
  readonly #random: Random;
  readonly #known: Known;
  readonly #turns = new Turns();
  #waiting: SendBlob[] = [];

  constructor(calls: TransferCalls, by: { crypto: Crypto; journal: Journal; random: Random }, known: Known) {
    this.#calls = calls;
    this.#crypto = by.crypto;
    this.#journal = by.journal;
    this.#random = by.random;
    this.#known = known;
  }

  /** Resolves when the server has joined the blob. */
  complete(blob: SendBlob): Promise<void> {
    // It waits already where an earlier call for it was lost.
    if (!this.#waiting.includes(blob)) this.#waiting.push(blob);
    return this.#turns.take(async () => {
      // The turn before may have taken this blob along.
      while (this.#waiting.includes(blob)) await this.#call(this.#batch());
    });
  }

  #batch(): SendBlob[] {
    const batch: SendBlob[] = [];
    let [files, parts] = [0, 0];
    for (const blob of this.#waiting) {
      files += blob.files.length;
      parts += Math.ceil(blob.size / blob.partSize);
      if (batch.length > 0 && (files > FILES_A_CALL || parts > PARTS_A_CALL)) break;
      batch.push(blob);
    }
    return batch;
  }

  async #call(batch: readonly SendBlob[]): Promise<void> {
    const files = batch.flatMap((blob) => blob.files);
    for (let at = 0; at < files.length; at += FILES_A_CALL) {
      const entries = files.slice(at, at + FILES_A_CALL).map((file) => this.#entry(file));
      await this.#calls.completeFiles(await Promise.all(entries));
    }
    this.#waiting = this.#waiting.filter((blob) => !batch.includes(blob));
  }

  async #entry(file: ServerFile): Promise<Json> {
    const sealed = this.#known.sealed.get(file.id);
    if (sealed === undefined) return { id: file.id, checksum: `sha256:${await this.#wholeHash(file.id)}` };
    const { source, cipher } = sealed;
    const digest = await fileDigest(this.#digestsOf(file.id, segmentCount(cipher.size)));
    const record = { name: source.name, mediaType: source.mediaType, size: cipher.size, digest };
    const text = encode(await sealRecord(record, cipher.key, file.id, this.#random));
    return { id: file.id, record: text, header: encode(cipher.header) };
  }

  #digestsOf(file: string, segments: number): Bytes[] {
    const promised = this.#journal.digests.get(file);
    return Array.from({ length: segments }, (_, index) => {
      const digest = promised?.get(index);
      if (digest === undefined) throw failure("upload_unknown");
      return digest;
    });
  }

  /** A plain file has no sealed record; its whole SHA-256 travels as its checksum. */
  async #wholeHash(id: string): Promise<string> {
    const source = this.#known.sources.get(id);
    if (source === undefined) throw failure("upload_unknown");
    const hash = await this.#crypto.hash("sha256");
    for (let at = 0; at < source.size; at += HASHED_AT_ONCE) {
      await hash.update(await bytesOf(await source.piece(at, Math.min(source.size, at + HASHED_AT_ONCE))));
    }
    return hash.hex();
  }
}
