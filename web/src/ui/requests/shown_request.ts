/** A file request's state in words, and how much of what it takes has come. */

import type { Tone } from "../transfers/shown_state";
import type { FileRequest } from "./wire";

/** Keys of words; `moment` (RFC 3339) goes into `next` as {at}. */
export interface ShownRequest {
  readonly name: string;
  readonly next: string;
  readonly tone: Tone;
  readonly moment: string;
}

export function requestState({ state, reason, expires_at, closed_at }: FileRequest): ShownRequest {
  if (state === "open") return { name: "state_open", next: "open_until", tone: "good", moment: expires_at };
  const why = reason === "expired" ? "expired" : "closed";
  return { name: `reason_${why}`, next: `closed_${why}`, tone: "calm", moment: closed_at ?? expires_at };
}

/** How full it is, 0 to 1, by whichever limit is nearer; null where it has none. */
export function fullness({ used_files, used_bytes, max_files, max_bytes }: FileRequest): number | null {
  const parts = [partOf(used_files, max_files), partOf(used_bytes, max_bytes)].filter((part) => part !== null);
  return parts.length === 0 ? null : Math.min(1, Math.max(...parts));
}

function partOf(used: number, most: number | undefined): number | null {
  return most === undefined ? null : used / most;
}

/** The address that begins a mail in the reader's own mail program. */
export function mailAddress(subject: string, body: string): string {
  return `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body.replaceAll("\n", "\r\n"))}`;
}
