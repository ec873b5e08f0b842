/** A list of paths as folders, in the order in which they came. */

import type { ListedFile } from "../../engine/download/listing";

/** Files of one folder. `folder` is the path with `/` between its steps, "" at the top. */
export interface Folder {
  readonly folder: string;
  readonly files: readonly ShownFile[];
}

/** `base` is the last step of its path. */
export interface ShownFile extends ListedFile {
  readonly base: string;
}

/** What is to be saved: `name` is that of the one file, or of the zip. */
export interface Wish {
  readonly ids: readonly string[];
  readonly name: string;
  readonly size: number;
}

/** `nameless(n)`: what the nth file (from 1) is called that has no name. */
export function foldersOf(files: readonly ListedFile[], nameless: (number: number) => string): Folder[] {
  const folders = new Map<string, ShownFile[]>();
  for (const [at, file] of files.entries()) {
    const name = file.name ?? nameless(at + 1);
    const cut = name.lastIndexOf("/");
    const folder = cut < 0 ? "" : name.slice(0, cut);
    const shown = { ...file, base: name.slice(cut + 1) };
    const known = folders.get(folder);
    if (known === undefined) folders.set(folder, [shown]);
    else known.push(shown);
  }
  return [...folders].map(([folder, inside]) => ({ folder, files: inside }));
}

/** What is to be saved of these: under the file's own name, or as the zip of that name. */
export function wishOf(files: readonly ListedFile[], zip: string): Wish {
  const [only] = files;
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const name = files.length === 1 ? (only?.name?.split("/").at(-1) ?? "file") : zip;
  return { ids: files.map(({ id }) => id), name, size };
}

/** A name for the zip: the title's letters where it has any, made safe by whoever saves it. */
export function zipName(title: string | undefined, fallback: string): string {
  const cleaned = (title ?? "")
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}/\\<>:"|?*]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  const short = Array.from(cleaned)
    .slice(0, 60)
    .join("")
    .replace(/[. ]+$/, "");
  return `${short === "" ? fallback : short}.zip`;
}
