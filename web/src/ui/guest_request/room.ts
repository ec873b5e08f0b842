/** How much a file request still takes, and whether what was chosen fits. */

import type { Look } from "../../engine/api/types";

/** Null where there is no limit. */
export interface Room {
  readonly files: number | null;
  readonly bytes: number | null;
}

/** What is left of a request's limits. */
export function roomIn({ files, bytes, max_files, max_bytes }: Look): Room {
  return { files: leftOf(max_files, files), bytes: leftOf(max_bytes, bytes) };
}

/** Whether nothing more is taken. */
export function isFull(room: Room): boolean {
  return room.files === 0 || room.bytes === 0;
}

/** The key of what is wrong with a choice, or null. */
export function misfit(
  room: Room,
  chosen: { readonly files: number; readonly bytes: number },
): "too_many_files" | "too_large" | null {
  if (room.files !== null && chosen.files > room.files) return "too_many_files";
  if (room.bytes !== null && chosen.bytes > room.bytes) return "too_large";
  return null;
}

function leftOf(most: number | undefined, used: number): number | null {
  return most === undefined ? null : Math.max(0, most - used);
}
