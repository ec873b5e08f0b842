/**
 * The rate of the line as it was last time. Parts are cut so that each takes about 15 s at it: many proxies end requests
 * that last longer than a minute, and what was under way then is sent again.
 */

import { keep, kept } from "../frame/kept";

/** Nothing is known the first time: parts as small as they may be get through nearly everywhere. */
const FIRST = 350_000;
/** A rate over less says little. */
const LEAST_BYTES = 8 * 2 ** 20;

/** Bytes a second. */
export function knownRate(): number {
  const rate = Number(kept("upload_rate"));
  return rate > 0 ? rate : FIRST;
}

/** Remembers what was reached. */
export function learnRate(rate: number | null, moved: number): void {
  if (rate !== null && rate > 0 && moved >= LEAST_BYTES) keep("upload_rate", String(Math.round(rate)));
}
