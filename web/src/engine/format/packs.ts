/** Packs: small files share a blob, one complete ciphertext after another (spec/format.md, section 7). */

import { ciphertextSize } from "./sizes";

const PACKED_BELOW = 1 << 20;
const PACK_LIMIT = 64 << 20;

/** Where a file's ciphertext lies: `length` bytes (null: not known yet) from `offset` in the `blob`-th blob of the plan. */
export interface Placement {
  readonly blob: number;
  readonly offset: number;
  readonly length: number | null;
  readonly packed: boolean;
}

/** Places files in the order given (null: unknown length); throws length_wrong on a size no file can have. */
export function planPacks(plaintextSizes: readonly (number | null)[]): Placement[] {
  const placements: Placement[] = [];
  let blobs = 0;
  let pack = -1;
  let end = PACK_LIMIT;
  for (const size of plaintextSizes) {
    const length = size === null ? null : ciphertextSize(size);
    if (size === null || length === null || size >= PACKED_BELOW) {
      placements.push({ blob: blobs++, offset: 0, length, packed: false });
      continue;
    }
    if (end + length > PACK_LIMIT) {
      pack = blobs++;
      end = 0;
    }
    placements.push({ blob: pack, offset: end, length, packed: true });
    end += length;
  }
  return placements;
}
