/** What an earlier try left at a sink: read again and hashed, because a disk or a person may have changed it. */

import type { Crypto, StreamHash } from "../crypto/crypto";
import type { FileSink } from "../edges";
import type { Bytes } from "../format/bytes";
import { segmentCount, segmentPlaintext } from "../format/sizes";
import type { RemoteFile } from "./remote_files";
import { type Earlier, SHA256_CHECKSUM } from "./verified";

const SEGMENTS_AT_ONCE = 8;

/** The digests of the whole segments that are there; `hash` sees their bytes. Whether they are right, the end tells. */
export async function heldSegments(
  sink: FileSink,
  file: RemoteFile,
  by: { crypto: Crypto; hash: StreamHash },
): Promise<Earlier> {
  const digests: Bytes[] = [];
  const { held } = sink;
  const { size } = file.record;
  // Without a word of the sender's nothing would tell that what is held belongs to this file.
  const told = file.record.digest !== null || (file.entry.checksum ?? "").startsWith(SHA256_CHECKSUM);
  if (held === undefined || !told) return { digests };
  const whole = wholeSegments(held.size, size);
  for (let first = 0; first < whole; first += SEGMENTS_AT_ONCE) {
    const end = Math.min(whole, first + SEGMENTS_AT_ONCE);
    const bytes = await held.read(segmentPlaintext(first, size)[0], segmentPlaintext(end - 1, size)[1]);
    digests.push(...(await by.crypto.digests({ size, first, piece: await by.hash.update(bytes) })));
  }
  return { digests };
}

/** All but the last segment at most: so the end of a file is always fetched, and its last-flagged segment held. */
function wholeSegments(held: number, size: number): number {
  const last = segmentCount(size) - 1;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (segmentPlaintext(middle - 1, size)[1] <= held) low = middle;
    else high = middle - 1;
  }
  return low;
}
