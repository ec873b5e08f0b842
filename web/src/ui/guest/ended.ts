/** Why a link leads nowhere any more, in the words that the server gives: each has its own next step. */

import { isFailure, Refused } from "../../engine/failures";

export type Ended = "expired" | "revoked" | "exhausted" | "gone" | "absent";

/** Null for every other failure. */
export function endedBy(error: unknown): Ended | null {
  if (isFailure(error, "not_found")) return "absent";
  if (isFailure(error, "downloads_spent")) return "exhausted";
  if (!isFailure(error, "gone", "key_gone")) return null;
  const why = error instanceof Refused ? error.problems[0]?.code : undefined;
  return why === "expired" || why === "revoked" || why === "exhausted" ? why : "gone";
}

/** Whether nothing of what came was kept, because it was not what the sender had sent. */
export function wasDamaged(error: unknown): boolean {
  return isFailure(error, "integrity_failed", "digest_differs", "header_wrong", "length_wrong", "length_differs");
}
