/** What can be wrong with bytes, names and plans. The codes are those of spec/format.md, section 10. */

export const FORMAT_CODES = [
  "integrity_failed",
  "length_wrong",
  "header_wrong",
  "key_wrong",
  "name_invalid",
  "plan_impossible",
  "record_wrong",
  "passphrase_invalid",
  "id_invalid",
  "encoding_invalid",
  "version_unknown",
] as const;

export type FormatCode = (typeof FORMAT_CODES)[number];

/** Why a name was refused, in the order in which the reasons are looked for. */
export type NameReason = "empty" | "surrogate" | "too_long" | "nul" | "control" | "bidi" | "separator" | "dot_segment";

/**
 * A failure with a stable `code`. Its text never carries a key, a passphrase or a file's name; what a person reads comes
 * from `describe` in messages.ts, in their language.
 */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, detail = code) {
    super(detail);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A failure of the format. `reason` says which rule a name broke, `figure` is the limit that a plan passed. */
export class FormatError extends Failure {
  declare readonly code: FormatCode;
  readonly reason?: NameReason;
  readonly figure?: number;

  constructor(code: FormatCode, detail: string, more: { reason?: NameReason; figure?: number } = {}) {
    super(code, detail);
    if (more.reason !== undefined) this.reason = more.reason;
    if (more.figure !== undefined) this.figure = more.figure;
  }
}
