/** A transfer for one reader: what it takes to open its files, found once. */

import type { Transfer, TransferClass } from "../api/types";
import type { Bytes } from "../format/bytes";
import type { Argon2id } from "../format/slots";
import type { Members } from "../format/versions";
import { type Keys, openSlots } from "./remote_files";

/** `key`: that of a sealed transfer, null for the others (their files' keys come with a download). */
export interface OpenTransfer {
  readonly id: string;
  readonly class: TransferClass;
  readonly key: Bytes | null;
}

/** Rejects with key_missing, key_wrong, and the FormatErrors of slots. Nothing is counted by it. */
export async function openTransfer(
  transfer: Pick<Transfer, "id" | "class"> & { slots?: readonly object[] },
  keys: Keys,
  argon2id: Argon2id,
): Promise<OpenTransfer> {
  const { id, class: transferClass, slots } = transfer;
  const sealed = transferClass === "sealed";
  const key = sealed ? await openSlots((slots ?? []) as readonly Members[], id, keys, argon2id) : null;
  return { id, class: transferClass, key };
}
