/**
 * Google Tink's streaming AEAD AES256_GCM_HKDF_1MB, segment by segment, by WebCrypto (spec/format.md, section 2).
 *
 * One header, one plaintext: sealing other bytes under the same header and key gives away both. A cipher cannot see
 * that; its caller keeps the digest of every segment it sealed and refuses to seal a different one (upload/journal.ts).
 * Source: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
 */

import { type Bytes, joined, type Random } from "./bytes";
import { FormatError } from "./errors";
import { hkdf, KEY_BYTES } from "./keys";
import { FIRST_PLAINTEXT, HEADER_BYTES, MAX_SEGMENTS, NEXT_PLAINTEXT, TAG_BYTES } from "./sizes";

const SALT_BYTES = 32;
const PREFIX_BYTES = 7;

/** The 40 bytes before segment 0, checked. */
export type Header = Bytes & { readonly __header: unique symbol };

/** Reads exactly 40 bytes; throws header_wrong on another length or first byte. */
export function parseHeader(bytes: Bytes): Header {
  if (bytes.length !== HEADER_BYTES || bytes[0] !== HEADER_BYTES) {
    throw new FormatError("header_wrong", "A file begins with a header of 40 bytes whose first byte is 40.");
  }
  return bytes as Header;
}

/** Draws a new header. */
export function newHeader(random: Random): Header {
  return parseHeader(joined([HEADER_BYTES] as unknown as Uint8Array, random(SALT_BYTES), random(PREFIX_BYTES)));
}

/** Seals and opens segments of one file, in any order. */
export class SegmentCipher {
  readonly #key: CryptoKey;
  readonly #header: Header;

  private constructor(key: CryptoKey, header: Header) {
    this.#key = key;
    this.#header = header;
  }

  /** Derives the segment key from the file key; `aad` is `associatedData`. Throws length_wrong on a key not of 32 bytes. */
  static async of(key: Bytes, aad: Bytes, header: Header): Promise<SegmentCipher> {
    if (key.length !== KEY_BYTES) throw new FormatError("length_wrong", "A file key is 32 bytes.");
    const derived = await hkdf(key, aad, header.slice(1, 1 + SALT_BYTES));
    const usages: KeyUsage[] = ["encrypt", "decrypt"];
    return new SegmentCipher(await crypto.subtle.importKey("raw", derived, "AES-GCM", false, usages), header);
  }

  /**
   * The ciphertext of one segment; for index 0 the caller puts the header before it. Throws length_wrong where the
   * plaintext is not of the length the segment must have.
   */
  async seal(index: number, plaintext: Bytes, place: { last: boolean }): Promise<Bytes> {
    const iv = this.#nonce(index, place.last);
    checkLength(index, plaintext.length, place.last);
    return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.#key, plaintext));
  }

  /**
   * The plaintext of one segment; for index 0 `ciphertext` is what follows the header. `last` comes from the plan's
   * length, never from the data. Throws length_wrong, and integrity_failed where the tag does not hold.
   */
  async open(index: number, ciphertext: Bytes, place: { last: boolean }): Promise<Bytes> {
    const iv = this.#nonce(index, place.last);
    checkLength(index, ciphertext.length - TAG_BYTES, place.last);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, this.#key, ciphertext));
    } catch {
      throw new FormatError("integrity_failed", `Segment ${index} does not hold: damaged, moved, or another key.`);
    }
  }

  #nonce(index: number, last: boolean): Bytes {
    if (!(index >= 0 && index < MAX_SEGMENTS)) {
      throw new FormatError("length_wrong", `Segments are numbered 0 to ${MAX_SEGMENTS - 1}.`);
    }
    const nonce = new Uint8Array(12);
    nonce.set(this.#header.subarray(1 + SALT_BYTES));
    new DataView(nonce.buffer).setUint32(PREFIX_BYTES, index);
    nonce[11] = last ? 1 : 0;
    return nonce;
  }
}

function checkLength(index: number, length: number, last: boolean): void {
  const full = index === 0 ? FIRST_PLAINTEXT : NEXT_PLAINTEXT;
  // Only the empty file may end in an empty segment. Tink reads one anywhere, so two ciphertexts could mean one file.
  const least = last ? Math.min(index, 1) : full;
  if (!(length >= least && length <= full)) {
    throw new FormatError("length_wrong", `Segment ${index} cannot hold ${length} bytes.`);
  }
}
