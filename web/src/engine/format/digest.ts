/** The digest of a file: SHA-256 over the SHA-256s of its plaintext segments (spec/format.md, section 3). */

import { type Bytes, joined, sha256 } from "./bytes";
import { FormatError } from "./errors";

export const DIGEST_BYTES = 32;

/** The file's digest from its segments' digests in order; throws length_wrong (none, or not 32 bytes each). */
export async function fileDigest(segments: readonly Bytes[]): Promise<Bytes> {
  if (segments.length === 0 || segments.some((digest) => digest.length !== DIGEST_BYTES)) {
    throw new FormatError("length_wrong", "A file has one digest of 32 bytes for each segment.");
  }
  return sha256(joined(...segments));
}
