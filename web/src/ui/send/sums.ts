/** The SHA-256 of each file that was sent, as people compare it and as `sha256sum -c` reads it. */

import type { Crypto, FileSource } from "../../engine";
import { bytesOf } from "../../engine/crypto/segment_runs";

export interface Sum {
  readonly name: string;
  readonly sha256: string;
}

/** Read and hashed by 8 MiB, so that no file is ever whole in memory. */
const READ = 8 * 2 ** 20;

/** Reads all files again, one after another. `moved` is told of bytes. Rejects with file_unreadable, stopped. */
export async function sumsOf(
  sources: readonly FileSource[],
  crypto: Crypto,
  how: { moved: (bytes: number) => void; signal: AbortSignal },
): Promise<Sum[]> {
  const sums: Sum[] = [];
  for (const source of sources) {
    const hash = await crypto.hash("sha256");
    for (let at = 0; at < source.size; at += READ) {
      how.signal.throwIfAborted();
      const piece = await bytesOf(await source.piece(at, Math.min(source.size, at + READ)));
      const { length } = piece;
      await hash.update(piece);
      how.moved(length);
    }
    sums.push({ name: source.name, sha256: await hash.hex() });
  }
  return sums;
}

/** One line a file (GNU coreutils). Names were checked: no line break is in them. */
export function sumsText(sums: readonly Sum[]): string {
  return sums.map(({ sha256, name }) => `${sha256}  ${name}\n`).join("");
}
