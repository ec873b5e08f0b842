/** The three kinds of blob that are sent: one sealed file, a pack of small sealed files, one plain file. */

import type { ServerFile } from "../api/types";
import type { Crypto, FileCipher } from "../crypto/crypto";
import { bytesOf } from "../crypto/segment_runs";
import type { Bytes, FileSource } from "../edges";
import { failure } from "../failures";
import { joined } from "../format/bytes";
import { plaintextOf, type Range, segmentCount, segmentsOf } from "../format/sizes";
import type { Promised } from "./journal";

/** Segments sealed by one worker in one go; a part of 16 keeps two of them busy. */
const RUN = 8;

/** The bytes of one part, and what must be promised before the first of them leaves. */
export interface Prepared {
  readonly body: readonly Bytes[];
  readonly promised: readonly Promised[];
}

/** A blob: `size` bytes as stored, sent in parts of `partSize`. `files` are the server's entries of what is in it. */
export interface SendBlob {
  readonly id: string;
  readonly size: number;
  readonly partSize: number;
  readonly files: readonly ServerFile[];
  /** Reads and seals a range; called again for each try, because nothing of it is kept. */
  prepare(range: Range): Promise<Prepared>;
  /** The digest of one promised segment (part of a plain file), read again. */
  digest(promised: { file: string; index: number }): Promise<Bytes>;
}

/** One part of a blob, numbered from 1. */
export interface Part {
  readonly blob: SendBlob;
  readonly number: number;
  readonly range: Range;
}

/** All parts of a blob; an empty plain file has one part of nothing. */
export function partsOf(blob: SendBlob): Part[] {
  const count = Math.max(1, Math.ceil(blob.size / blob.partSize));
  return Array.from({ length: count }, (_, at) => {
    const range = [at * blob.partSize, Math.min(blob.size, (at + 1) * blob.partSize)] as const;
    return { blob, number: at + 1, range };
  });
}

/** A chosen file under its id, key and header. */
export interface SealedFile {
  readonly entry: ServerFile;
  readonly source: FileSource;
  readonly cipher: FileCipher;
}

/** One file in a blob of its own. */
export function sealedBlob(crypto: Crypto, file: SealedFile): SendBlob {
  const { entry, source, cipher } = file;
  return {
    id: entry.blob,
    size: entry.length,
    partSize: entry.part_size,
    files: [entry],
    prepare: async (range) => {
      const [first, end] = segmentsOf(range);
      const starts = Array.from({ length: Math.ceil((end - first) / RUN) }, (_, at) => first + at * RUN);
      const runs = starts.map(async (start) => {
        const piece = await source.piece(...plaintextOf([start, Math.min(end, start + RUN)], cipher.size));
        return crypto.seal([{ file: cipher, first: start, piece }]);
      });
      const sealed = (await Promise.all(runs)).flat();
      const digests = sealed.flatMap((run) => run.digests);
      return { body: sealed.flatMap((run) => run.chunks), promised: [{ file: entry.id, first, digests }] };
    },
    digest: ({ index }) => segmentDigest(crypto, file, index),
  };
}

/** Small files one after another. Only those that a part touches are sealed; sealing again gives the same bytes. */
export function packBlob(crypto: Crypto, id: string, members: readonly SealedFile[]): SendBlob {
  const entries = members.map((file) => file.entry);
  const byId = new Map(members.map((file) => [file.entry.id, file]));
  return {
    id,
    size: Math.max(...entries.map((entry) => entry.offset + entry.length)),
    partSize: entries[0]?.part_size ?? 0,
    files: entries,
    prepare: async ([start, end]) => {
      const touched = members.filter(({ entry }) => entry.offset < end && entry.offset + entry.length > start);
      const jobs = touched.map(async ({ source, cipher }) => {
        return { file: cipher, first: 0, piece: await source.piece(0, cipher.size) };
      });
      const sealed = await crypto.seal(await Promise.all(jobs));
      const from = touched[0]?.entry.offset ?? 0;
      const body = joined(...sealed.flatMap((one) => one.chunks)).subarray(start - from, end - from);
      const promised = sealed.map(({ digests }, at) => ({ file: touched[at]?.entry.id ?? "", first: 0, digests }));
      return { body: [body], promised };
    },
    digest: ({ file, index }) => {
      const member = byId.get(file);
      if (member === undefined) throw failure("upload_unknown");
      return segmentDigest(crypto, member, index);
    },
  };
}

/** A plain file as it is. The SHA-256 of each part is promised, so that two contents are never mixed in one file. */
export function plainBlob(crypto: Crypto, entry: ServerFile, source: FileSource): SendBlob {
  const digestOf = async (range: Range): Promise<Bytes> => crypto.sha256(await source.piece(...range));
  const rangeOf = (index: number): Range => {
    return [index * entry.part_size, Math.min(source.size, (index + 1) * entry.part_size)];
  };
  return {
    id: entry.blob,
    size: source.size,
    partSize: entry.part_size,
    files: [entry],
    prepare: async (range) => {
      // Read once: what is hashed is what is sent.
      const bytes = await bytesOf(await source.piece(...range));
      const first = Math.floor(range[0] / entry.part_size);
      return { body: [bytes], promised: [{ file: entry.blob, first, digests: [await crypto.sha256(bytes)] }] };
    },
    digest: ({ index }) => digestOf(rangeOf(index)),
  };
}

async function segmentDigest(crypto: Crypto, { source, cipher }: SealedFile, index: number): Promise<Bytes> {
  if (index >= segmentCount(cipher.size)) throw failure("upload_unknown");
  const piece = await source.piece(...plaintextOf([index, index + 1], cipher.size));
  const [digest] = await crypto.digests({ size: cipher.size, first: index, piece });
  if (digest === undefined) throw failure("worker_failed");
  return digest;
}
