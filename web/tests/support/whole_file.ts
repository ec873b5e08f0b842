/** Whole files in memory, sealed and opened by the engine's own runs. */

import { FormatError } from "../../src/engine";
import { openRun, sealRun } from "../../src/engine/crypto/segment_runs";
import { type Bytes, joined } from "../../src/engine/format/bytes";
import { hkdf } from "../../src/engine/format/keys";
import { parseHeader } from "../../src/engine/format/segments";
import {
  HEADER_BYTES,
  plaintextSize,
  segmentCiphertext,
  segmentCount,
  segmentPlaintext,
} from "../../src/engine/format/sizes";
import { plaintextIn, unhex, type Vector } from "./vectors";

/** The ciphertext and the segments' digests. */
export async function sealedWhole(
  plaintext: Bytes,
  key: Bytes,
  aad: Bytes,
  header: Bytes,
): Promise<{ sealed: Bytes; digests: Bytes[] }> {
  const { chunks, digests } = await sealRun({
    file: { key, aad, header, size: plaintext.length },
    first: 0,
    piece: plaintext,
  });
  return { sealed: joined(...chunks), digests };
}

/**
 * Opens segment by segment, as a reader does that knows the planned length and meets the bytes in order. What was opened
 * before an error stays in `out`.
 */
export async function openedWhole(
  given: { key: Bytes; aad: Bytes; planned: number },
  sealed: Bytes,
  out: Bytes[],
): Promise<void> {
  const size = plaintextSize(given.planned);
  const last = segmentCount(size) - 1;
  if (sealed.length < HEADER_BYTES) throw new FormatError("length_wrong", "The file ends before its planned length.");
  const header = parseHeader(sealed.slice(0, HEADER_BYTES));
  for (let index = 0; index <= last; index++) {
    if (index === last && sealed.length > given.planned)
      throw new FormatError("length_wrong", "Bytes follow the file.");
    const ciphertext = sealed.slice(...segmentCiphertext(index, size));
    const file = { key: given.key, aad: given.aad, header, size };
    if (ciphertext.length === 0) throw new FormatError("length_wrong", "The file ends before its planned length.");
    out.push((await openRun({ file, first: index, ciphertext })).plaintext);
  }
}

/** The pieces of an invalid vector, joined. */
export async function assembled(pieces: Vector[], base: Vector): Promise<Bytes> {
  const plaintext = await plaintextIn(base["plaintext"]);
  const parts = pieces.map(async (piece) => {
    if ("hex" in piece) return unhex(piece["hex"]);
    if ("range" in piece) return (await ciphertextIn(base)).slice(...(piece["range"] as [number, number]));
    const { index, last, range } = piece["sealed"];
    return sealedOne(plaintext.slice(...(range as [number, number])), base, { index, last });
  });
  return joined(...(await Promise.all(parts)));
}

/** The ciphertext of a valid vector, written apart from the engine's own sealing. */
export async function ciphertextIn(base: Vector): Promise<Bytes> {
  if ("hex" in base["ciphertext"]) return unhex(base["ciphertext"]["hex"]);
  const plaintext = await plaintextIn(base["plaintext"]);
  const count = segmentCount(plaintext.length);
  const segments = Array.from({ length: count }, (_, index) =>
    sealedOne(plaintext.slice(...segmentPlaintext(index, plaintext.length)), base, {
      index,
      last: index === count - 1,
    }),
  );
  return joined(unhex(base["header"]), ...(await Promise.all(segments)));
}

async function sealedOne(plaintext: Bytes, base: Vector, place: { index: number; last: boolean }): Promise<Bytes> {
  const header = unhex(base["header"]);
  const raw = await hkdf(unhex(base["key"]), new TextEncoder().encode(base["aad"]) as Bytes, header.slice(1, 33));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
  const iv = joined(header.slice(33), new Uint8Array(4), new Uint8Array([place.last ? 1 : 0]));
  new DataView(iv.buffer).setUint32(7, place.index);
  return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plaintext));
}
