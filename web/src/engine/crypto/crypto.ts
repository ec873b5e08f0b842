/** What workers do for the engine: sealing, opening and hashing runs of segments. */

import type { Bytes, Piece } from "../edges";
import type { Argon2id } from "../format/slots";

/** What seals or opens one file. `header` is 40 bytes, `size` the whole file's bytes of plaintext. */
export interface FileCipher {
  readonly key: Bytes;
  readonly aad: Bytes;
  readonly header: Bytes;
  readonly size: number;
}

/** The plaintext of whole consecutive segments from `first` on. */
export interface SealJob {
  readonly file: FileCipher;
  readonly first: number;
  readonly piece: Piece;
}

/** One ciphertext a segment (segment 0 with its header) and the SHA-256 of each segment's plaintext. */
export interface Sealed {
  readonly chunks: Bytes[];
  readonly digests: Bytes[];
}

/** The ciphertext of whole consecutive segments from `first` on; segment 0 begins with the header. */
export interface OpenJob {
  readonly file: FileCipher;
  readonly first: number;
  readonly ciphertext: Bytes;
}

/** The plaintext, joined, and the SHA-256 of each segment of it. */
export interface Opened {
  readonly plaintext: Bytes;
  readonly digests: Bytes[];
}

/** Plaintext cut as the segments of a file of `size` bytes, from segment `first` on; nothing is sealed. */
export interface DigestJob {
  readonly size: number;
  readonly first: number;
  readonly piece: Piece;
}

/** Hashes over a stream: SHA-256 (hex) for people, CRC-32 for zips, the bytes in order. */
export interface StreamHash {
  /** Takes bytes and gives them back: meanwhile a worker holds them. */
  update(bytes: Bytes): Promise<Bytes>;
  /** The hash in lower-case hex; nothing can be added after it. */
  hex(): Promise<string>;
}

export type HashKind = "sha256" | "crc32";

/**
 * Crypto away from the thread that draws the page. Byte arrays given to `open` are moved, not copied: the caller must
 * not use them again. Rejects with the FormatErrors of format/, and Failure("file_unreadable") where a piece can't be read.
 */
export interface Crypto {
  seal(jobs: readonly SealJob[]): Promise<Sealed[]>;
  open(job: OpenJob): Promise<Opened>;
  digests(job: DigestJob): Promise<Bytes[]>;
  /** SHA-256 of a piece as a whole. */
  sha256(piece: Piece): Promise<Bytes>;
  hash(kind: HashKind): Promise<StreamHash>;
  readonly argon2id: Argon2id;
}
