/** From what the server gives to what opens a file: its key, its record, its place. */

import type { DownloadEntry, TransferClass } from "../api/types";
import { FormatError, failure } from "../failures";
import { decode } from "../format/base64url";
import type { Bytes } from "../format/bytes";
import { associatedData, checkKey, fileKey } from "../format/keys";
import { checkName } from "../format/names";
import { type FileRecord, openRecord } from "../format/record";
import { ciphertextSize } from "../format/sizes";
import { type Argon2id, openLinkSlot, openPassphraseSlot } from "../format/slots";
import type { Members } from "../format/versions";

/** One file to fetch. `key` is null for plain. */
export interface RemoteFile {
  readonly id: string;
  readonly entry: DownloadEntry;
  readonly record: FileRecord;
  readonly key: Bytes | null;
  readonly aad: Bytes;
}

/** What opens a sealed transfer: the key of its link, or a passphrase. */
export interface Keys {
  readonly linkKey?: string | null;
  readonly passphrase?: string | null;
}

/** The transfer key of a sealed transfer; throws key_missing, key_wrong, and the FormatErrors of slots. */
export async function openSlots(
  slots: readonly Members[],
  transferId: string,
  keys: Keys,
  argon2id: Argon2id,
): Promise<Bytes> {
  for (const slot of slots) {
    if (slot["kind"] === "link" && keys.linkKey) return openLinkSlot(slot, linkKeyOf(keys.linkKey), transferId);
    if (slot["kind"] === "passphrase" && keys.passphrase) {
      return openPassphraseSlot(slot, keys.passphrase, transferId, argon2id);
    }
  }
  throw failure("key_missing");
}

/** What an entry says of a file, checked against itself; throws where server and record disagree. */
export async function remoteFile(
  entry: DownloadEntry,
  transfer: { id: string; class: TransferClass; key: Bytes | null },
): Promise<RemoteFile> {
  const aad = associatedData(transfer.id, entry.id);
  if (transfer.class === "plain") return plainFile(entry, aad);
  // A sealed file is opened by the people's key alone: a key from the server would be the server's own choice.
  const key = transfer.class === "sealed" ? await sealedKey(transfer.key, entry.id) : checkKey(decode(entry.key));
  const record = await openRecord(decode(entry.record), key, entry.id);
  if (record.size !== entry.size || entry.length !== ciphertextSize(record.size)) throw failure("size_differs");
  return { id: entry.id, entry, record, key, aad };
}

function plainFile(entry: DownloadEntry, aad: Bytes): RemoteFile {
  if (entry.key !== undefined || entry.record !== undefined) throw failure("class_differs");
  if (entry.length !== entry.size) throw failure("size_differs");
  const mediaType = entry.media_type ?? "application/octet-stream";
  const record = { name: checkName(entry.name ?? ""), mediaType, size: entry.size, digest: null };
  return { id: entry.id, entry, record, key: null, aad };
}

async function sealedKey(transferKey: Bytes | null, fileId: string): Promise<Bytes> {
  if (transferKey === null) throw failure("key_missing");
  return fileKey(transferKey, fileId);
}

function linkKeyOf(text: string): Bytes {
  try {
    return decode(text);
  } catch {
    throw new FormatError("key_wrong", "The key of the link is not base64url.");
  }
}
