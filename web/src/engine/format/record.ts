/** The file record: name, media type, size and digest, sealed for whoever holds the file's key (spec/format.md, section 5). */

import { decode, encode } from "./base64url";
import { type Bytes, joined, type Random, utf8 } from "./bytes";
import { DIGEST_BYTES } from "./digest";
import { FormatError } from "./errors";
import { checkId } from "./ids";
import { recordKey } from "./keys";
import { checkName } from "./names";
import { checkVersion, type Members, objectOf } from "./versions";

const RECORD_LIMIT = 4096;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PADDING = 256;
const PLAINTEXT_LIMIT = RECORD_LIMIT - NONCE_BYTES - TAG_BYTES;
const MEDIA_TYPE = /^[ -~]{0,255}$/;

/** What a receiver learns of a file. `size` in bytes of plaintext, `digest` as `fileDigest` or null. */
export interface FileRecord {
  readonly name: string;
  readonly mediaType: string;
  readonly size: number;
  readonly digest: Bytes | null;
}

/** The sealed record; throws name_invalid (refused, or too long for a record), record_wrong. */
export async function sealRecord(record: FileRecord, key: Bytes, fileId: string, random: Random): Promise<Bytes> {
  const checked = checkedRecord(record.name, record.mediaType, record.size, record.digest);
  // Canonical JSON (RFC 8785): the members in the order of their names.
  const plaintext = utf8(
    JSON.stringify({
      digest: checked.digest && encode(checked.digest),
      name: checked.name,
      size: checked.size,
      type: checked.mediaType,
      v: 1,
    }),
  );
  if (plaintext.length > PLAINTEXT_LIMIT) {
    throw new FormatError("name_invalid", "The name is too long for a file record.", { reason: "too_long" });
  }
  const padded = new Uint8Array(Math.min(Math.ceil(plaintext.length / PADDING) * PADDING, PLAINTEXT_LIMIT)).fill(0x20);
  padded.set(plaintext);
  const iv = random(NONCE_BYTES);
  const cipher = await recordCipher(key, fileId);
  return joined(
    iv,
    new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, ...aadOf(fileId) }, cipher, padded)),
  );
}

/** The record; throws length_wrong, integrity_failed, version_unknown, record_wrong, name_invalid. */
export async function openRecord(sealed: Bytes, key: Bytes, fileId: string): Promise<FileRecord> {
  if (!(sealed.length > NONCE_BYTES + TAG_BYTES && sealed.length <= RECORD_LIMIT)) {
    throw new FormatError("length_wrong", `A sealed record is 29 to ${RECORD_LIMIT} bytes.`);
  }
  const members = objectOf(await opened(sealed, key, fileId), "file record");
  checkVersion(members, "file record");
  return checkedRecord(members["name"], members["type"], members["size"], digestOf(members["digest"]));
}

async function opened(sealed: Bytes, key: Bytes, fileId: string): Promise<Bytes> {
  const cipher = await recordCipher(key, fileId);
  const iv = sealed.slice(0, NONCE_BYTES);
  try {
    const ciphertext = sealed.slice(NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, ...aadOf(fileId) }, cipher, ciphertext));
  } catch {
    throw new FormatError("integrity_failed", "The file record does not hold: damaged, or sealed with another key.");
  }
}

async function recordCipher(key: Bytes, fileId: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", await recordKey(key, fileId), "AES-GCM", false, ["encrypt", "decrypt"]);
}

function aadOf(fileId: string): { additionalData: Bytes } {
  return { additionalData: utf8(checkId(fileId, "fi")) };
}

function digestOf(text: Members[string]): Bytes | null {
  if (text === null || text === undefined) return null;
  try {
    return decode(text);
  } catch {
    throw new FormatError("record_wrong", "The digest in the file record is not base64url.");
  }
}

function checkedRecord(name: unknown, mediaType: unknown, size: unknown, digest: Bytes | null): FileRecord {
  if (typeof name !== "string") throw new FormatError("record_wrong", "The file record has no name.");
  if (typeof mediaType !== "string" || !MEDIA_TYPE.test(mediaType)) {
    throw new FormatError("record_wrong", "The media type is up to 255 printable ASCII characters.");
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new FormatError("record_wrong", "The size in the file record is not a number of bytes.");
  }
  if (digest !== null && digest.length !== DIGEST_BYTES) {
    throw new FormatError("record_wrong", "The digest in the file record is not 32 bytes.");
  }
  return { name: checkName(name), mediaType, size, digest };
}
