/** The files that somebody put together to send: added, left out with a reason, counted, grouped by folder. */

import type { KeptFile } from "../../edges/kept_files";
import { checkName, isFailure } from "../../engine";

export const MOST_FILES = 10_000;

/** A file with the name that the receiver sees: a relative path with `/`, in NFC. */
export interface Chosen {
  readonly name: string;
  readonly file: File;
  /** The way to it from what was chosen or dropped, where the browser can open that again another day. */
  readonly way?: Pick<KeptFile, "root" | "path">;
}

export type LeftOutWhy =
  | "name_invalid"
  | "duplicate_name"
  | "too_many_files"
  | "system_file"
  | "nothing_inside"
  | "unreadable";

/** A file that was not taken. */
export interface LeftOut {
  readonly name: string;
  readonly why: LeftOutWhy;
}

/** One line of the list: a file by itself, or a folder with all that is in it. */
export interface Group {
  readonly name: string;
  readonly folder: boolean;
  readonly bytes: number;
  readonly members: readonly Chosen[];
}

// What file managers leave in folders without anybody having put it there.
const SYSTEM = new Set([".ds_store", "thumbs.db", "desktop.ini"]);

/** The list with more files behind it. The same file chosen again is taken once, without a word. */
export function withFiles(
  list: readonly Chosen[],
  found: readonly Chosen[],
): { list: readonly Chosen[]; leftOut: LeftOut[] } {
  const known = new Map(list.map((one) => [keyOf(one.name), one]));
  const next = [...list];
  const leftOut: LeftOut[] = [];
  for (const one of found) {
    const why = whyNot(one, next.length);
    if (why !== null) {
      leftOut.push({ name: one.name, why });
      continue;
    }
    const named = { ...one, name: checkName(one.name) };
    const same = known.get(keyOf(named.name));
    if (same === undefined) {
      known.set(keyOf(named.name), named);
      next.push(named);
    } else if (!isSame(same, named)) leftOut.push({ name: one.name, why: "duplicate_name" });
  }
  return { list: next, leftOut };
}

/** The list without these. */
export function withoutFiles(list: readonly Chosen[], gone: readonly Chosen[]): readonly Chosen[] {
  const away = new Set(gone);
  return list.filter((one) => !away.has(one));
}

export function bytesOf(list: readonly Chosen[]): number {
  return list.reduce((sum, { file }) => sum + file.size, 0);
}

/** The lines of the list, in the order in which they were added: 10,000 files of one folder are one line. */
export function groupsOf(list: readonly Chosen[]): Group[] {
  const groups = new Map<string, { name: string; folder: boolean; bytes: number; members: Chosen[] }>();
  for (const one of list) {
    const slash = one.name.indexOf("/");
    const name = slash < 0 ? one.name : one.name.slice(0, slash);
    // A file and a folder of one name are two lines.
    const key = slash < 0 ? `file:${name}` : `folder:${name}`;
    const group = groups.get(key) ?? { name, folder: slash >= 0, bytes: 0, members: [] };
    groups.set(key, group);
    group.bytes += one.file.size;
    group.members.push(one);
  }
  return [...groups.values()];
}

function whyNot({ name }: Chosen, count: number): LeftOutWhy | null {
  const last = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  if (name.includes("/") && SYSTEM.has(last)) return "system_file";
  if (count >= MOST_FILES) return "too_many_files";
  try {
    checkName(name);
    return null;
  } catch (error) {
    if (isFailure(error, "name_invalid")) return "name_invalid";
    throw error;
  }
}

/** Most receivers' disks can't hold two names that differ in case alone. */
function keyOf(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function isSame(one: Chosen, other: Chosen): boolean {
  return one.file.size === other.file.size && one.file.lastModified === other.file.lastModified;
}
