/** Keys of a transfer and what is derived from them (spec/format.md, section 4). */

import { type Bytes, utf8 } from "./bytes";
import { FormatError } from "./errors";
import { checkId } from "./ids";

export const KEY_BYTES = 32;

/** HKDF-SHA256 (RFC 5869); an empty salt stands for 32 zero bytes. */
export async function hkdf(secret: Bytes, info: Bytes, salt: Bytes = new Uint8Array(0), length = 32): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, length * 8));
}

/** The key itself when it is 32 bytes; throws key_wrong. */
export function checkKey(key: Bytes): Bytes {
  if (key.length !== KEY_BYTES) throw new FormatError("key_wrong", "A key is 32 bytes.");
  return key;
}

/** The 32-byte key of a file; throws id_invalid, key_wrong. */
export async function fileKey(transferKey: Bytes, fileId: string): Promise<Bytes> {
  return hkdf(checkKey(transferKey), utf8(`fumibako/file/v1/${checkId(fileId, "fi")}`));
}

/** The 32-byte key of a file's record; throws id_invalid, key_wrong. */
export async function recordKey(key: Bytes, fileId: string): Promise<Bytes> {
  return hkdf(checkKey(key), utf8(`fumibako/record/v1/${checkId(fileId, "fi")}`));
}

/** `<transfer id>/<file id>` in ASCII; throws id_invalid. */
export function associatedData(transferId: string, fileId: string): Bytes {
  return utf8(`${checkId(transferId, "tr")}/${checkId(fileId, "fi")}`);
}
