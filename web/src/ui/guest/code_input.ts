/** The one-time code as people type and paste it. */

import { digitsOf } from "../../engine/api/links";

export const CODE_DIGITS = 8;
/** Tries that one code allows (spec/api.md). */
export const CODE_TRIES = 5;
/** How long to wait before another code can be asked for, in ms: most mails are there by then. */
export const AGAIN_MS = 30_000;
/** How long a code is valid, in ms. */
export const CODE_MS = 10 * 60_000;

/** The whole code where it was typed or pasted whole, else null: a mail pasted as a whole counts when one code stands in it. */
export function wholeCode(typed: string): string | null {
  const digits = digitsOf(typed);
  if (digits.length === CODE_DIGITS) return digits;
  const found = typed.normalize("NFKC").match(/(?<!\d)\d{4}[ -]?\d{4}(?!\d)/g) ?? [];
  return found.length === 1 ? digitsOf(found[0] ?? "") : null;
}
