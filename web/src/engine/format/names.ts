/**
 * File names as senders give them, and what becomes of them on a disk or in a zip (spec/format.md, section 9): the one
 * place that decides either.
 */

import { utf8 } from "./bytes";
import { FormatError, type NameReason } from "./errors";

const NAME_LIMIT = 4096;
// No text of so many characters can come down to 4,096 bytes in NFC; it keeps the normalizer from hostile lengths.
const RAW_LIMIT = 8 * NAME_LIMIT;
const SURROGATE = /\p{Surrogate}/u;
// C0, DEL and C1, and the two separators that end a line in a terminal or a log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
// What shows "exe.fdp" as "pdf.exe" (UAX #9), and the deprecated format characters beside it.
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]/;

/**
 * The name in NFC; throws name_invalid with the first `reason` that applies, in the order of the specification.
 */
export function checkName(name: string): string {
  if (name === "") throw refused("empty", "A file needs a name.");
  if (SURROGATE.test(name)) throw refused("surrogate", "The name is not valid Unicode text.");
  if (name.length > RAW_LIMIT && Array.from(name).length > RAW_LIMIT) throw tooLong();
  const checked = name.normalize("NFC");
  if (utf8(checked).length > NAME_LIMIT) throw tooLong();
  checkCharacters(checked);
  checkSegments(checked);
  return checked;
}

/** Any text fit for a line on a screen or in a log: what could move, hide or reorder is shown as U+FFFD. */
export function displayName(name: string): string {
  let shown = name;
  for (const pattern of [SURROGATE, CONTROL, BIDI]) {
    shown = shown.replaceAll(new RegExp(pattern.source, `${pattern.flags}g`), "\ufffd");
  }
  return shown;
}

function checkCharacters(name: string): void {
  if (name.includes("\0")) throw refused("nul", "The name has a NUL in it.");
  if (CONTROL.test(name)) throw refused("control", "The name has a control character in it.");
  if (BIDI.test(name)) throw refused("bidi", "The name has a character in it that changes the direction of text.");
}

function checkSegments(name: string): void {
  const segments = name.split("/");
  if (name.includes("\\") || segments.includes("") || /^[A-Za-z]:/.test(name)) {
    throw refused("separator", "The name is not a relative path with single slashes.");
  }
  if (segments.includes(".") || segments.includes("..")) {
    throw refused("dot_segment", "The name has a segment . or .. in it.");
  }
}

function tooLong(): FormatError {
  return refused("too_long", `The name is longer than ${NAME_LIMIT} bytes.`);
}

function refused(reason: NameReason, detail: string): FormatError {
  return new FormatError("name_invalid", detail, { reason });
}
