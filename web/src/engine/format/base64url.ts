/** base64url without padding (RFC 4648 section 5), read strictly: one text for one value. */

import type { Bytes } from "./bytes";
import { FormatError } from "./errors";

const ALPHABET = /^[A-Za-z0-9_-]*$/;
const CHUNK = 0x8000;

/** The text of bytes. */
export function encode(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The bytes of a text; throws encoding_invalid on padding, other characters or stray low bits. Stray bits matter: two
 * texts of one value would let a document change without breaking what was said about it.
 */
export function decode(text: unknown): Bytes {
  if (typeof text !== "string" || !ALPHABET.test(text) || text.length % 4 === 1) {
    throw new FormatError("encoding_invalid", "This is not base64url text without padding.");
  }
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (encode(bytes) !== text) {
    throw new FormatError("encoding_invalid", "This base64url text is not in its canonical form.");
  }
  return bytes;
}
