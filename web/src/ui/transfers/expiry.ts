/** Moments that people choose as expiry. */

const DAY_MS = 86_400_000;
/** The server takes nothing that ends sooner (spec/api.md); a minute more, because typing takes time. */
export const LEAST_LIFE_MS = 6 * 60_000;
export const EXPIRY_DAYS = [7, 14, 30] as const;

/** So many days from now, to the full minute, as RFC 3339. `now`: ms since the epoch. */
export function expiryIn(days: number, now: number): string {
  return new Date(Math.floor((now + days * DAY_MS) / 60_000) * 60_000).toISOString();
}

/** The latest moment that the organisation allows, as RFC 3339; undefined where the server does not tell how many days. */
export function latestExpiry(mostDays: number | undefined, now: number): string | undefined {
  return mostDays === undefined ? undefined : new Date(now + mostDays * DAY_MS).toISOString();
}

/** Those of some numbers of days that the organisation allows. */
export function allowedDays(days: readonly number[], mostDays: number | undefined): number[] {
  return days.filter((count) => count <= (mostDays ?? Number.POSITIVE_INFINITY));
}
