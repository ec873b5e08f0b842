/** What browsers throw when a file can't be written, as failures with words. */

import type { Failure } from "../../engine/failures";
import { failure, isFailure } from "../../engine/failures";

/** disk_full, save_refused (no permission, or the browser held the file for dangerous), save_failed. */
export function saveFailure(error: unknown): Failure {
  if (isFailure(error, "disk_full", "save_refused", "save_failed", "save_cancelled")) return error;
  const name = error instanceof Error ? error.name : "unknown";
  if (name === "QuotaExceededError") return failure("disk_full");
  if (name === "NotAllowedError" || name === "SecurityError" || name === "AbortError")
    return failure("save_refused", name);
  return failure("save_failed", name);
}

/** The same for bytes under way: a browser that drops a write without a word asked nobody, so nothing was refused. */
export function writeFailure(error: unknown): Failure {
  const aborted = error instanceof Error && error.name === "AbortError";
  return aborted ? failure("save_failed", error.name) : saveFailure(error);
}

/** Runs one step of saving. */
export async function saved<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw saveFailure(error);
  }
}
