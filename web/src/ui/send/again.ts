/** Files chosen anew for an upload that was begun: which of them are those that it needs. */

import type { Chosen } from "./chosen";

/** What the record knows of a file. */
export interface Wanted {
  readonly name: string;
  readonly size: number;
}

/** The chosen files under the names of the record and in its order; `missing` are those that nobody chose. */
export interface Matched {
  readonly files: readonly Chosen[];
  readonly missing: readonly Wanted[];
}

/**
 * Each wanted file by its whole name, else by the end of its path where one chosen file alone fits: a person may choose the
 * files of a folder one by one. Sizes have to agree; whether the bytes do, the recorded hashes tell later.
 */
export function matched(wanted: readonly Wanted[], chosen: readonly Chosen[]): Matched {
  const byName = new Map(chosen.map((one) => [one.name.normalize("NFC"), one]));
  const byEnd = new Map<string, Chosen[]>();
  for (const one of chosen) {
    const key = endKey(one.name.normalize("NFC"), one.file.size);
    byEnd.set(key, [...(byEnd.get(key) ?? []), one]);
  }
  const files: Chosen[] = [];
  const missing: Wanted[] = [];
  for (const one of wanted) {
    const whole = byName.get(one.name);
    const ends = byEnd.get(endKey(one.name, one.size)) ?? [];
    const found = whole?.file.size === one.size ? whole : ends.length === 1 ? ends[0] : undefined;
    if (found === undefined) missing.push(one);
    else files.push({ ...found, name: one.name });
  }
  return { files, missing };
}

function endKey(name: string, size: number): string {
  return `${size} ${name.slice(name.lastIndexOf("/") + 1)}`;
}
