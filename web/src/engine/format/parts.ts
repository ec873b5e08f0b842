/** Part plans: how a blob's ciphertext is cut for upload (spec/format.md, section 8). S3 sets the outer limits. */

import { FormatError } from "./errors";
import type { Range } from "./sizes";

export const MIB = 1 << 20;
const GIB = 2 ** 30;
const SMALL_PART = 16 * MIB;
const LARGE_PART = 32 * MIB;
const LARGE_FROM = 4 * GIB;
export const LEAST_PART = 5 * MIB;
export const LARGEST_PART = 5 * GIB;
const PREFERRED_COUNT = 5_000;
export const MAX_PARTS = 10_000;
const GROWTH_EVERY = 1_000;
export const STORE_LIMIT = MAX_PARTS * LARGEST_PART;

/** Parts are numbered from 1. `ciphertext` is null while the length is unknown: then parts double each 1,000. */
export interface PartPlan {
  readonly ciphertext: number | null;
  readonly partSize: number;
  readonly single: boolean;
}

/**
 * The plan for a blob of so many bytes of ciphertext. `asked` is the part size a client wishes, `limit` what the store
 * takes in bytes. Throws plan_impossible, whose `figure` is the limit that was passed.
 */
export function planParts(ciphertext: number | null, wish: { asked?: number | null; limit?: number } = {}): PartPlan {
  const asked = wish.asked ?? null;
  if (asked !== null) checkAsked(asked);
  if (ciphertext === null) return { ciphertext, partSize: asked ?? SMALL_PART, single: false };
  const most = Math.min(wish.limit ?? STORE_LIMIT, STORE_LIMIT);
  if (ciphertext > most) throw impossible(`The store takes at most ${most} bytes in one piece.`, most);
  if (!(ciphertext >= 0)) throw impossible("A size is 0 or more bytes.", 0);
  const partSize = asked ?? usualSize(ciphertext);
  if (ciphertext > partSize * MAX_PARTS) {
    throw impossible(`Parts of ${partSize} bytes would be more than ${MAX_PARTS}.`, MAX_PARTS);
  }
  return { ciphertext, partSize, single: ciphertext < SMALL_PART && ciphertext <= partSize };
}

/** How many parts there are, null while the length is unknown; an empty blob is one empty part. */
export function partCount(plan: PartPlan): number | null {
  return plan.ciphertext === null ? null : Math.max(1, Math.ceil(plan.ciphertext / plan.partSize));
}

/** Where part `n` lies in the ciphertext; throws plan_impossible. */
export function partRange(plan: PartPlan, n: number): Range {
  const last = partCount(plan) ?? MAX_PARTS;
  if (!(n >= 1 && n <= last)) throw impossible(`Parts are numbered 1 to ${last}.`, last);
  const end = startOf(plan, n + 1);
  return [startOf(plan, n), plan.ciphertext === null ? end : Math.min(end, plan.ciphertext)];
}

/**
 * The part size a browser asks for: the usual one, but no larger than it must be to stay within 10,000 parts, because
 * parts under way are held in memory; and at a known rate (bytes a second) one that takes about 15 s, so that no request
 * comes near the 30 s after which some proxies cut it.
 */
export function askedPartSize(ciphertext: number, rate?: number): number {
  const least = Math.max(LEAST_PART, Math.ceil(ciphertext / MAX_PARTS / MIB) * MIB);
  const fitting = rate === undefined ? SMALL_PART : Math.floor((rate * 15) / MIB) * MIB;
  return Math.min(LARGEST_PART, Math.max(least, Math.min(SMALL_PART, fitting)));
}

function impossible(detail: string, figure: number): FormatError {
  return new FormatError("plan_impossible", detail, { figure });
}

function checkAsked(asked: number): void {
  if (!(asked >= LEAST_PART)) throw impossible(`A part is ${LEAST_PART} bytes or more.`, LEAST_PART);
  if (asked > LARGEST_PART) throw impossible(`A part is at most ${LARGEST_PART} bytes.`, LARGEST_PART);
  if (asked % MIB !== 0) throw impossible("A part is a whole number of MiB.", MIB);
}

function usualSize(size: number): number {
  const usual = size <= LARGE_FROM ? SMALL_PART : LARGE_PART;
  return Math.min(Math.max(usual, Math.ceil(size / PREFERRED_COUNT / MIB) * MIB), LARGEST_PART);
}

/** Of unknown length parts double each 1,000, but never pass 5 GiB: S3 refuses more. */
function startOf(plan: PartPlan, n: number): number {
  if (plan.ciphertext !== null) return (n - 1) * plan.partSize;
  const full = Math.floor((n - 1) / GROWTH_EVERY);
  const grown = (step: number): number => Math.min(plan.partSize * 2 ** step, LARGEST_PART);
  let start = ((n - 1) % GROWTH_EVERY) * grown(full);
  for (let step = 0; step < full; step++) start += grown(step) * GROWTH_EVERY;
  return start;
}
