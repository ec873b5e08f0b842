/** Where segments lie in plaintext and ciphertext (spec/format.md, section 2). All sizes are bytes below 2^53. */

import { FormatError } from "./errors";

export const HEADER_BYTES = 40;
export const SEGMENT_BYTES = 1 << 20;
export const TAG_BYTES = 16;
export const FIRST_PLAINTEXT = 1_048_520;
export const NEXT_PLAINTEXT = 1_048_560;
export const MAX_SEGMENTS = 2 ** 32;
export const MAX_PLAINTEXT = FIRST_PLAINTEXT + (MAX_SEGMENTS - 1) * NEXT_PLAINTEXT;

/** First (included) and end (excluded) offset. */
export type Range = readonly [start: number, end: number];

/** How many segments a plaintext takes, 1 for the empty file; throws length_wrong. */
export function segmentCount(plaintext: number): number {
  if (!Number.isInteger(plaintext) || plaintext < 0 || plaintext > MAX_PLAINTEXT) {
    throw new FormatError("length_wrong", `A file holds 0 to ${MAX_PLAINTEXT} bytes.`);
  }
  return 1 + Math.max(0, Math.ceil((plaintext - FIRST_PLAINTEXT) / NEXT_PLAINTEXT));
}

/** Bytes of ciphertext, header included; throws length_wrong. */
export function ciphertextSize(plaintext: number): number {
  return HEADER_BYTES + plaintext + TAG_BYTES * segmentCount(plaintext);
}

/** Bytes of plaintext; throws length_wrong where no plaintext has that ciphertext. */
export function plaintextSize(ciphertext: number): number {
  const segments = Math.max(1, Math.ceil(ciphertext / SEGMENT_BYTES));
  const last = ciphertext - (segments - 1) * SEGMENT_BYTES;
  const least = segments === 1 ? HEADER_BYTES + TAG_BYTES : TAG_BYTES + 1;
  if (!(last >= least) || segments > MAX_SEGMENTS) {
    throw new FormatError("length_wrong", `No file has a ciphertext of ${ciphertext} bytes.`);
  }
  return ciphertext - HEADER_BYTES - TAG_BYTES * segments;
}

/** Where segment `index` lies in the plaintext; throws length_wrong. */
export function segmentPlaintext(index: number, plaintext: number): Range {
  checkIndex(index, plaintext);
  const start = index === 0 ? 0 : FIRST_PLAINTEXT + (index - 1) * NEXT_PLAINTEXT;
  return [start, Math.min(plaintext, FIRST_PLAINTEXT + index * NEXT_PLAINTEXT)];
}

/** Where segment `index` lies in the ciphertext; segment 0 begins with the header. Throws length_wrong. */
export function segmentCiphertext(index: number, plaintext: number): Range {
  checkIndex(index, plaintext);
  return [index * SEGMENT_BYTES, Math.min(ciphertextSize(plaintext), (index + 1) * SEGMENT_BYTES)];
}

/** Segments that a range of the ciphertext holds: parts are whole MiB, so they hold whole segments. */
export function segmentsOf([start, end]: Range): Range {
  const first = Math.floor(start / SEGMENT_BYTES);
  return [first, Math.max(first + 1, Math.ceil(end / SEGMENT_BYTES))];
}

/** The plaintext of segments `first` to `end` (excluded). */
export function plaintextOf([first, end]: Range, plaintext: number): Range {
  return [segmentPlaintext(first, plaintext)[0], segmentPlaintext(end - 1, plaintext)[1]];
}

function checkIndex(index: number, plaintext: number): void {
  if (!(index >= 0 && index < segmentCount(plaintext))) {
    throw new FormatError("length_wrong", `This file has no segment ${index}.`);
  }
}
