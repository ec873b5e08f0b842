/** A server's complaints about a body, by field. */

import { Refused } from "../../engine/failures";

/** `{email: "..."}` out of an error's `errors`, by the first step of each pointer; empty for any other error. */
export function fieldErrors(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Refused)) return {};
  const found: Record<string, string> = {};
  for (const { pointer } of error.problems) {
    const field = pointer.split("/")[1];
    // The detail is English and for programs; people read the title and hint of the whole.
    if (field !== undefined && field !== "" && found[field] === undefined)
      found[field] = `${error.title} ${error.hint}`;
  }
  return found;
}
