/** Crypto in the thread that asks for it: for tests, for node, and inside the workers themselves. */

import { sha256 } from "../format/bytes";
import type { Crypto } from "./crypto";
import { bytesOf, digestRun, openRun, sealRun } from "./segment_runs";
import { argon2idBytes, streamHash } from "./slow_hashes";

/** Crypto without workers. */
export function directCrypto(): Crypto {
  return {
    seal: (jobs) => Promise.all(jobs.map(sealRun)),
    open: openRun,
    digests: digestRun,
    sha256: async (piece) => sha256(await bytesOf(piece)),
    hash: streamHash,
    argon2id: argon2idBytes,
  };
}
