/** JSON documents and their versions: a reader refuses a version it does not know, and ignores members it does not know. */

import type { Bytes } from "./bytes";
import { FormatError } from "./errors";

/** The members of a JSON object from outside. */
export type Members = Readonly<Record<string, unknown>>;

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The JSON object in some bytes; throws record_wrong. JSON.parse can't tell a member given twice: the last one counts. */
export function objectOf(bytes: Bytes, what: string): Members {
  try {
    const value: unknown = JSON.parse(STRICT.decode(bytes));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Members;
  } catch {
    // Not UTF-8, or not JSON: the same answer as for JSON that is no object.
  }
  throw new FormatError("record_wrong", `The ${what} is not a JSON object.`);
}

/** Throws version_unknown unless `v` is the number 1; `what` names the document in the message. */
export function checkVersion(members: Members, what: string): void {
  if (members["v"] !== 1) {
    throw new FormatError("version_unknown", `The ${what} has a version this program does not know.`);
  }
}
