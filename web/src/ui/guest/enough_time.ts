/** Whether a download can end before its transfer does: told before it begins, and again while it runs. */

/** Of the time that is left, how much a download may take before it is called risky. */
const SAFE_PART = 0.8;
/** A line so slow that nearly everybody has a better one, in bytes a second: what fits at this rate needs no measuring. */
const SLOW_RATE = 125_000;

/** `rate` in bytes a second, null where nothing is known of it; `msLeft` until the transfer ends. */
export interface Haul {
  readonly bytes: number;
  readonly rate: number | null;
  readonly msLeft: number;
}

/** How long it takes, in ms; null where the rate is not known. */
export function timeNeeded({ bytes, rate }: Haul): number | null {
  return rate === null || rate <= 0 ? null : (bytes / rate) * 1000;
}

/** Whether it may not end in time. What is not known is no reason to warn. */
export function risky(haul: Haul): boolean {
  const needed = timeNeeded(haul);
  return needed !== null && needed > Math.max(0, haul.msLeft) * SAFE_PART;
}

/** Whether measuring the line can change anything: a small file gets through on any. */
export function worthMeasuring(haul: Omit<Haul, "rate">): boolean {
  return risky({ ...haul, rate: SLOW_RATE });
}
