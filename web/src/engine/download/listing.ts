/** What a transfer holds, before anything of it is fetched or counted. */

import type { Api } from "../api/api";
import { TransferCalls } from "../api/transfers";
import type { ServerFile } from "../api/types";
import { decode } from "../format/base64url";
import { fileKey } from "../format/keys";
import { checkName, displayName } from "../format/names";
import { openRecord } from "../format/record";
import type { OpenTransfer } from "./opened_transfer";

/**
 * One file of the list. `name` is a relative path with `/`, null where it can't be told: it is the server's word for managed
 * and plain files, and the sender's own for sealed ones. What is saved takes its name from the record in any case.
 */
export interface ListedFile {
  readonly id: string;
  readonly name: string | null;
  readonly size: number;
  /** How often it may still be fetched; null where there is no limit. */
  readonly left: number | null;
}

/** All files in their order. Rejects with Refused, network, server_wrong; a name that can't be read is null. */
export async function listFiles(api: Api, transfer: OpenTransfer): Promise<ListedFile[]> {
  const files = await new TransferCalls(api, transfer.id).files();
  return Promise.all(
    files.map(async (file) => {
      const { id, size, downloads_left: left } = file;
      return { id, name: await nameOf(file, transfer).catch(() => null), size, left: left ?? null };
    }),
  );
}

async function nameOf(file: ServerFile, transfer: OpenTransfer): Promise<string | null> {
  if (transfer.class !== "sealed") return file.name === undefined ? null : displayName(checkName(file.name));
  if (transfer.key === null || file.record === undefined) return null;
  return (await openRecord(decode(file.record), await fileKey(transfer.key, file.id), file.id)).name;
}
