/** Runs of segments: what a worker does with one piece. */

import type { Piece } from "../edges";
import { type Bytes, joined, sha256 } from "../format/bytes";
import { Failure, FormatError } from "../format/errors";
import { type Header, parseHeader, SegmentCipher } from "../format/segments";
import { HEADER_BYTES, segmentCiphertext, segmentCount, segmentPlaintext } from "../format/sizes";
import type { DigestJob, Opened, OpenJob, Sealed, SealJob } from "./crypto";

/** The bytes of a piece; rejects with Failure("file_unreadable") where the file behind it changed or went away. */
export async function bytesOf(piece: Piece): Promise<Bytes> {
  if (piece instanceof Uint8Array) return piece;
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch {
    throw new Failure("file_unreadable");
  }
}

/** Seals segments. Throws length_wrong where the piece is not whole segments of the file. */
export async function sealRun(job: SealJob): Promise<Sealed> {
  const { file } = job;
  const header = parseHeader(file.header);
  const cipher = await SegmentCipher.of(file.key, file.aad, header);
  const last = segmentCount(file.size) - 1;
  const segments = cutPlaintext(await bytesOf(job.piece), job.first, file.size);
  const chunks = segments.map(async (plaintext, at) => {
    const index = job.first + at;
    const sealed = await cipher.seal(index, plaintext, { last: index === last });
    return index === 0 ? joined(header, sealed) : sealed;
  });
  return { chunks: await Promise.all(chunks), digests: await Promise.all(segments.map(sha256)) };
}

/** Opens segments, in the memory of the ciphertext; nothing comes out unless every tag of the run held. Throws length_wrong, header_wrong, integrity_failed. */
export async function openRun(job: OpenJob): Promise<Opened> {
  const { file, first, ciphertext } = job;
  const header = parseHeader(file.header);
  const cipher = await SegmentCipher.of(file.key, file.aad, header);
  const last = segmentCount(file.size) - 1;
  const opened: Promise<Bytes>[] = [];
  for (let index = first, at = 0; at < ciphertext.length; index++) {
    const [start, end] = segmentCiphertext(index, file.size);
    if (at + end - start > ciphertext.length) throw new FormatError("length_wrong", "A segment is cut short.");
    const from = at + (index === 0 ? takeHeader(ciphertext, header) : 0);
    opened.push(cipher.open(index, ciphertext.subarray(from, at + end - start), { last: index === last }));
    at += end - start;
  }
  const plaintexts = await Promise.all(opened);
  // The ciphertext was given away and is longer: new memory for each run would cost as much as opening half of it.
  let filled = 0;
  for (const plaintext of plaintexts) {
    ciphertext.set(plaintext, filled);
    filled += plaintext.length;
  }
  return { plaintext: ciphertext.subarray(0, filled), digests: await Promise.all(plaintexts.map(sha256)) };
}

/** The SHA-256 of each segment in a piece of plaintext. */
export async function digestRun(job: DigestJob): Promise<Bytes[]> {
  return Promise.all(cutPlaintext(await bytesOf(job.piece), job.first, job.size).map(sha256));
}

function takeHeader(ciphertext: Bytes, header: Header): number {
  // Another reader of the same file may have met another header: then the bytes are not those of one file.
  const found = ciphertext.subarray(0, HEADER_BYTES);
  if (found.some((byte, at) => byte !== header[at])) {
    throw new FormatError("header_wrong", "The file does not begin with its header.");
  }
  return HEADER_BYTES;
}

function cutPlaintext(bytes: Bytes, first: number, size: number): Bytes[] {
  const segments: Bytes[] = [];
  let at = 0;
  for (let index = first; at < bytes.length || index === first; index++) {
    const [start, end] = segmentPlaintext(index, size);
    if (at + end - start > bytes.length) throw new FormatError("length_wrong", "A segment is cut short.");
    segments.push(bytes.subarray(at, at + end - start));
    at += end - start;
  }
  return segments;
}
