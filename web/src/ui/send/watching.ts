/** Watching a transfer after it was sent: how often it is asked for, and until when. */

import type { State } from "../transfers/wire";

const FIRST_MS = 1500;
const LONGEST_MS = 20_000;
const MOVING: readonly State[] = [
  "uploading",
  "checking",
  "quarantined",
  "awaiting_approval",
  "held",
  "ready",
  "blocked",
];

/** Milliseconds until the next look; null where nothing will change any more. `looks`: how often it was the same. */
export function nextLook(state: State, looks: number): number | null {
  if (!MOVING.includes(state)) return null;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(looks, 10));
}
