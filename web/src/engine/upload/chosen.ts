/** What somebody chose to send: checked before anything is asked, and how its record is found again. */

import { MOST_FILES } from "../api/transfers";
import type { TransferClass } from "../api/types";
import type { FileSource } from "../edges";
import { failure } from "../failures";
import { hex, sha256, utf8 } from "../format/bytes";
import { checkName } from "../format/names";

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
