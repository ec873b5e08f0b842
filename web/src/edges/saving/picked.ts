/**
 * Saving to files that the person picked, by the File System Access API (https://wicg.github.io/file-system-access/).
 *
 * A browser writes such a file beside itself and puts it in place when it is closed, so nothing is to be seen under its name
 * before. What was written to a file of its own is lost with the page; in a picked folder it is kept as `<name>.fumibako-part` when
 * the transfer stops, and the next try goes on there.
 */

import type { Bytes, FileSink } from "../../engine/edges";
import { failure } from "../../engine/failures";
import { saved, writeFailure } from "./failures";

// Nobody else calls a file so: what is found under it is ours to go on with, and to remove.
const PART = ".fumibako-part";
// Chromium passes each write on through a pipe. Where one write is more than the pipe holds (8 MiB are, 1 MiB is not: seen in Chromium 156),
// a full disk is told as an AbortError or as what it is, whichever comes first.
const PIECE = 2 ** 20;

interface Pickers {
  showSaveFilePicker?(how: { suggestedName: string; id: string; startIn: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(how: { mode: "readwrite"; id: string; startIn: string }): Promise<FileSystemDirectoryHandle>;
}

type Movable = FileSystemFileHandle & { move?(folder: FileSystemDirectoryHandle, name: string): Promise<void> };
type Removable = FileSystemFileHandle & { remove?(): Promise<void> };

const pickers = (): Pickers => globalThis as Pickers;

/** Whether this browser lets a person pick a file to write to, or a folder. */
export function canPick(): { file: boolean; folder: boolean } {
  return { file: pickers().showSaveFilePicker !== undefined, folder: pickers().showDirectoryPicker !== undefined };
}

/** Asks where to save one file, in a click; null where the person closed the dialog. Rejects with Failure("save_refused"). */
export async function pickFile(name: string): Promise<FileSink | null> {
  const show = pickers().showSaveFilePicker;
  if (show === undefined) throw failure("save_impossible");
  const handle = await picked(show.call(globalThis, { suggestedName: name, id: "fumibako", startIn: "downloads" }));
  return handle === null ? null : fileSink(handle);
}

/** Asks for a folder, in a click; null where the person closed the dialog. */
export async function pickFolder(): Promise<PickedFolder | null> {
  const show = pickers().showDirectoryPicker;
  if (show === undefined) throw failure("save_impossible");
  const handle = await picked(show.call(globalThis, { mode: "readwrite", id: "fumibako", startIn: "downloads" }));
  return handle === null ? null : new PickedFolder(handle);
}

async function picked<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") return null;
    return saved(Promise.reject(error));
  }
}

/**
 * A file that was picked by itself. After `discard` and `keep` it is gone: browsers make it, empty, when it is picked, and an empty
 * file under its name would be taken for what was sent.
 */
export function fileSink(handle: FileSystemFileHandle): FileSink {
  let writable: FileSystemWritableFileStream | undefined;
  const drop = async (): Promise<void> => {
    await writable?.abort().catch(() => undefined);
    writable = undefined;
    await removeEmpty(handle).catch(() => undefined);
  };
  return {
    begin: async () => {
      writable = await saved(handle.createWritable({ keepExistingData: false }));
    },
    write: (bytes) => written(open(writable), bytes),
    finish: () => saved(open(writable).close()),
    discard: drop,
    keep: drop,
  };
}

/** A folder that was picked. Names in it are those of the transfer, made unique where something else has one. */
export class PickedFolder {
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** A sink for one file; `path` as safePath gives it. Rejects with Failure("save_refused" | "save_failed"). */
  async sink(path: readonly string[]): Promise<FileSink> {
    let folder = this.#root;
    for (const name of path.slice(0, -1)) folder = await saved(folder.getDirectoryHandle(name, { create: true }));
    const name = path.at(-1) ?? "file";
    const part = await saved(folder.getFileHandle(name + PART, { create: true }));
    return partSink(folder, part, name, (await saved(part.getFile())).size);
  }
}

function partSink(folder: FileSystemDirectoryHandle, part: FileSystemFileHandle, name: string, held: number): FileSink {
  let writable: FileSystemWritableFileStream | undefined;
  return {
    ...(held > 0 && { held: { size: held, read: (start, end) => readOf(part, start, end) } }),
    begin: async (offset) => {
      writable = await saved(part.createWritable({ keepExistingData: offset > 0 }));
      await saved(writable.truncate(offset));
      await saved(writable.seek(offset));
    },
    write: (bytes) => written(open(writable), bytes),
    finish: async () => {
      await saved(open(writable).close());
      await saved(moveTo(folder, part, await freeName(folder, name)));
    },
    discard: async () => {
      await writable?.abort().catch(() => undefined);
      await folder.removeEntry(part.name).catch(() => undefined);
    },
    keep: async () => {
      // Closing is what keeps it: an aborted one is gone. A full disk may refuse even that.
      await writable?.close().catch(() => undefined);
    },
  };
}

async function written(writable: FileSystemWritableFileStream, bytes: Bytes): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; at += PIECE) await writable.write(bytes.subarray(at, at + PIECE));
  } catch (error) {
    throw writeFailure(error);
  }
}

async function removeEmpty(handle: Removable): Promise<void> {
  if ((await handle.getFile()).size === 0) await handle.remove?.();
}

async function readOf(handle: FileSystemFileHandle, start: number, end: number): Promise<Bytes> {
  return saved(handle.getFile().then(async (file) => new Uint8Array(await file.slice(start, end).arrayBuffer())));
}

function open(writable: FileSystemWritableFileStream | undefined): FileSystemWritableFileStream {
  if (writable === undefined) throw failure("save_failed", "not begun");
  return writable;
}

/** `name`, or `name (2)` and so on where that is taken: nothing of the person's is overwritten. */
async function freeName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let number = 1; number < 10_000; number++) {
    const candidate = number === 1 ? name : `${stem} (${number})${ending}`;
    if (!(await exists(folder, candidate))) return candidate;
  }
  throw failure("save_failed", "too many of one name");
}

async function exists(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await folder.getFileHandle(name);
    return true;
  } catch (error) {
    // A folder of that name is taken, too.
    return error instanceof Error && error.name !== "NotFoundError";
  }
}

/** Gives the part its name; where the browser can't move files of this disk, by copying. */
async function moveTo(folder: FileSystemDirectoryHandle, part: Movable, name: string): Promise<void> {
  try {
    if (part.move !== undefined) return await part.move(folder, name);
  } catch (error) {
    if (error instanceof Error && error.name === "NotAllowedError") throw error;
  }
  const target = await folder.getFileHandle(name, { create: true });
  try {
    await (await part.getFile()).stream().pipeTo(await target.createWritable());
  } catch (error) {
    await folder.removeEntry(name).catch(() => undefined);
    throw error;
  }
  await folder.removeEntry(part.name);
}
