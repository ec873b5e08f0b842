/** Public ids (spec/format.md, section 1): a prefix and a UUIDv7 in Crockford base32, one text for one id. */

import type { Bytes } from "./bytes";
import { FormatError } from "./errors";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const ID = /^[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const PREFIX = /^[a-z]{2,8}$/;

/** Whether a text is an id of the kind `prefix` (without the underscore). */
export function isId(text: string, prefix: string): boolean {
  return ID.test(text) && text.startsWith(`${prefix}_`);
}

/** The id itself; throws id_invalid where it is not one of that kind. Ids are checked before they enter any other text. */
export function checkId(text: unknown, prefix: string): string {
  if (typeof text !== "string" || !isId(text, prefix)) {
    throw new FormatError("id_invalid", `This is not an id that begins with ${prefix}_.`);
  }
  return text;
}

/** The id of 16 bytes; throws id_invalid on a bad prefix or length. */
export function encodeId(prefix: string, uuid: Uint8Array): string {
  if (!PREFIX.test(prefix)) throw new FormatError("id_invalid", "The prefix of an id is two to eight letters a to z.");
  if (uuid.length !== 16) throw new FormatError("id_invalid", "An id is made of 16 bytes.");
  let number = uuid.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let digits = "";
  for (let i = 0; i < 26; i++) {
    digits = ALPHABET.charAt(Number(number & 31n)) + digits;
    number >>= 5n;
  }
  return `${prefix}_${digits}`;
}

/** Prefix and 16 bytes of an id; throws id_invalid. */
export function decodeId(text: string): { prefix: string; uuid: Bytes } {
  if (!ID.test(text)) throw new FormatError("id_invalid", "This is not an id.");
  const [prefix = "", digits = ""] = text.split("_");
  let number = 0n;
  for (const digit of digits) number = (number << 5n) | BigInt(ALPHABET.indexOf(digit));
  const uuid = new Uint8Array(16);
  for (let i = 15; i >= 0; i--) {
    uuid[i] = Number(number & 255n);
    number >>= 8n;
  }
  return { prefix, uuid };
}
