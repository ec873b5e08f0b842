/** What somebody chose to send: checked before anything is asked, and how its record is found again. */

import { MOST_FILES } from "../api/transfers";
import type { TransferClass } from "../api/types";
import type { FileSource, JournalStore } from "../edges";
import { failure, isFailure } from "../failures";
import { hex, sha256, utf8 } from "../format/bytes";
import { checkName } from "../format/names";
import { Journal, type Start } from "./journal";

/** The sources with their names in NFC; throws no_files, too_many_files, duplicate_name, name_invalid. */
export function checkSources(sources: readonly FileSource[]): readonly FileSource[] {
  if (sources.length === 0) throw failure("no_files");
  if (sources.length > MOST_FILES) throw failure("too_many_files");
  const checked = sources.map((source) => {
    const { size, mediaType } = source;
    return {
      name: checkName(source.name),
      size,
      mediaType,
      piece: (from: number, to: number) => source.piece(from, to),
    };
  });
  // Most receivers' disks can't hold two names that differ in case alone.
  if (new Set(checked.map(({ name }) => name.toLowerCase())).size < checked.length) throw failure("duplicate_name");
  return checked;
}

/** Names one upload: the same files by name and size, sent the same way to the same place, give the same. */
export async function journalName(
  origin: string,
  sources: readonly FileSource[],
  transferClass: TransferClass,
  fields: Readonly<Record<string, unknown>>,
): Promise<string> {
  const files = sources.map(({ name, size }) => [name, size]);
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return hex(await sha256(utf8(JSON.stringify([origin, files, transferClass, sorted])))).slice(0, 32);
}

/** An upload that was begun and not finished: what it was, and what to give Upload as `journal` to go on. */
export interface Unfinished {
  readonly journal: string;
  readonly start: Start;
  readonly transfer: string | null;
}

/** All unfinished uploads that nobody runs now. */
export async function unfinished(store: JournalStore): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const name of await store.names()) {
    try {
      const journal = await Journal.open(store, name);
      const { start, created } = journal;
      if (start !== null) found.push({ journal: name, start, transfer: created[0]?.id ?? null });
      await journal.close();
    } catch (error) {
      if (!isFailure(error, "upload_running")) throw error;
    }
  }
  return found;
}

/** Forgets an unfinished upload on this computer; what the server holds of it is abandoned there in time. */
export async function forget(store: JournalStore, name: string): Promise<void> {
  await (await Journal.open(store, name)).finish();
}
