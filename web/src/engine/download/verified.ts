/** The content of one file, in order, whose last piece comes out only when all of it held. */

import type { StreamHash } from "../crypto/crypto";
import { failure } from "../failures";
import type { Bytes } from "../format/bytes";
import { equal } from "../format/bytes";
import { fileDigest } from "../format/digest";
import { segmentCount } from "../format/sizes";
import { type Fetching, openedRanges } from "./ranges";
import type { RemoteFile } from "./remote_files";

/** Before the hex of a plain file's whole SHA-256, where its sender gave it. */
export const SHA256_CHECKSUM = "sha256:";

/** What lies there already: digests of the first segments; their bytes went through `hash` before. */
export interface Earlier {
  readonly digests: readonly Bytes[];
}

/**
 * Pieces of plaintext from the first segment that is not there yet. The last piece is held back until the digest of the
 * whole file is the one its sender recorded; rejects with digest_differs, integrity_failed, length_differs, gone,
 * network. `hash`, where given, sees every byte; `whole` is told its value before the last piece comes out.
 */
export async function* verifiedContent(
  fetching: Fetching,
  file: RemoteFile,
  how: { earlier?: Earlier; hash?: StreamHash; whole?: (hex: string) => void } = {},
): AsyncGenerator<Bytes> {
  const digests: Bytes[] = [...(how.earlier?.digests ?? [])];
  let held: Bytes | null = null;
  if (digests.length < segmentCount(file.record.size)) {
    const stop = new AbortController();
    const opened = openedRanges(fetching, file, { first: digests.length, stop });
    const step = async (): Promise<Bytes | null> => {
      const { done, value } = await opened.next();
      if (done === true) return null;
      digests.push(...value.digests);
      return how.hash === undefined ? value.plaintext : how.hash.update(value.plaintext);
    };
    try {
      let next = step();
      for (let piece = await next; piece !== null; piece = await next) {
        // The next piece is opened and hashed while this one is written.
        next = step();
        next.catch(() => undefined);
        if (held !== null) yield held;
        held = piece;
      }
    } finally {
      stop.abort();
      await opened.return(undefined);
    }
  }
  const whole = await how.hash?.hex();
  await checkDigest(file, digests, whole);
  if (whole !== undefined) how.whole?.(whole);
  if (held !== null) yield held;
}

async function checkDigest(file: RemoteFile, digests: readonly Bytes[], whole: string | undefined): Promise<void> {
  const { record, key, entry } = file;
  const digest = await fileDigest(digests);
  if (record.digest !== null && !equal(digest, record.digest)) throw failure("digest_differs");
  const checksum = entry.checksum ?? "";
  // Of a plain file whose sender gave its whole SHA-256.
  if (
    key === null &&
    whole !== undefined &&
    checksum.startsWith(SHA256_CHECKSUM) &&
    checksum !== SHA256_CHECKSUM + whole
  ) {
    throw failure("digest_differs");
  }
}
