/**
 * Files that were chosen, kept as handles beside the record of their upload: after a crash, or on another day, one click
 * grants them again instead of choosing them anew. Browsers without such handles keep nothing, and the person chooses again.
 */

import type { FileSource } from "../engine/edges";
import { failure } from "../engine/failures";
import { chosenFile } from "./chosen_file";
import { reading, writing } from "./database";

/** One file: the handle that was chosen or dropped, and the way down from it where that was a folder. */
export interface KeptFile {
  /** The relative path that the receiver sees. */
  readonly name: string;
  /** The file itself, or the folder that was chosen or dropped. */
  readonly root: FileSystemFileHandle | FileSystemDirectoryHandle;
  /** Names of folders below `root` and of the file; empty where `root` is the file. */
  readonly path: readonly string[];
}

interface Row {
  readonly journal: string;
  readonly roots: readonly FileSystemHandle[];
  readonly files: readonly { readonly name: string; readonly root: number; readonly path: readonly string[] }[];
}

/** Not yet in the libraries of TypeScript: https://wicg.github.io/file-system-access/#permissiondescriptor */
interface Permitted {
  queryPermission?(how: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(how: { mode: "read" }): Promise<PermissionState>;
}

/** Keeps the files of an upload, in their order. A browser that can't is no failure: they are chosen again then. */
export async function keepFiles(journal: string, files: readonly KeptFile[]): Promise<void> {
  const roots = [...new Set(files.map(({ root }) => root))];
  const rows = files.map(({ name, root, path }) => ({ name, root: roots.indexOf(root), path: [...path] }));
  await writing(["files"], (of) => of("files").put({ journal, roots, files: rows } satisfies Row)).catch(
    () => undefined,
  );
}

/** Whether the files of an upload were kept, and whether they can be read without asking. */
export async function keptState(journal: string): Promise<"none" | "ask" | "granted"> {
  const row = await rowOf(journal);
  if (row === undefined) return "none";
  for (const root of row.roots) if ((await permission(root, "query")) !== "granted") return "ask";
  return "granted";
}

/**
 * The files again, in the order in which they were kept. To be called in a click, because the browser may ask the person.
 * Rejects with Failure("file_refused") where they said no, Failure("file_unreadable") where a file is gone, and
 * Failure("upload_unknown") where nothing was kept.
 */
export async function restoreFiles(journal: string): Promise<FileSource[]> {
  const row = await rowOf(journal);
  if (row === undefined) throw failure("upload_unknown");
  for (const root of row.roots) {
    if ((await permission(root, "query")) === "granted") continue;
    if ((await permission(root, "request")) !== "granted") throw failure("file_refused");
  }
  const sources: FileSource[] = [];
  for (const { name, root, path } of row.files) {
    sources.push(chosenFile(await fileAt(row.roots[root] as KeptFile["root"], path), name));
  }
  return sources;
}

/** Forgets the files of an upload; its record does so by itself when it is removed. */
export async function forgetFiles(journal: string): Promise<void> {
  await writing(["files"], (of) => of("files").delete(journal)).catch(() => undefined);
}

function rowOf(journal: string): Promise<Row | undefined> {
  return reading("files", (files) => files.get(journal) as IDBRequest<Row | undefined>).catch(() => undefined);
}

async function permission(root: FileSystemHandle, act: "query" | "request"): Promise<PermissionState> {
  const handle = root as FileSystemHandle & Permitted;
  const ask = act === "query" ? handle.queryPermission : handle.requestPermission;
  // A browser that keeps handles and has no such question has nothing to ask.
  return (await ask?.call(handle, { mode: "read" })) ?? "granted";
}

async function fileAt(root: KeptFile["root"], path: readonly string[]): Promise<File> {
  try {
    let folder = root as FileSystemDirectoryHandle;
    for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    const last = path.at(-1);
    const file = last === undefined ? (root as FileSystemFileHandle) : await folder.getFileHandle(last);
    return await file.getFile();
  } catch {
    throw failure("file_unreadable");
  }
}
