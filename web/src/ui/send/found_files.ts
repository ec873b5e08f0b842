/**
 * Files out of what a browser gives: a drop, a paste, a file dialog. Folders are walked; handles are asked for where the
 * browser has them, because they open the same file again after a restart (File System Access).
 */

import { type Chosen, MOST_FILES } from "./chosen";

/** Files of an `<input type=file>`, with or without `webkitdirectory`. */
export function fromInput(files: FileList | readonly File[]): Chosen[] {
  const found = [...files].map((file) => ({ name: file.webkitRelativePath || file.name, file }));
  // Browsers give the files of a folder in no order.
  return found.some(({ file }) => file.webkitRelativePath !== "") ? found.sort(byName) : found;
}

/** Whether the browser's dialog for files gives handles. */
export function hasPicker(): boolean {
  return pickers.showOpenFilePicker !== undefined;
}

/** Files of the browser's own dialog; null where it was closed. To be called in a click. */
export async function fromPicker(): Promise<Chosen[] | null> {
  const roots = await chosenOrNone(() => pickers.showOpenFilePicker?.({ multiple: true }));
  if (roots === undefined) return null;
  return Promise.all(
    roots.map(async (root) => ({ name: root.name, file: await root.getFile(), way: { root, path: [] } })),
  );
}

/** The same for a folder. */
export function hasFolderPicker(): boolean {
  return pickers.showDirectoryPicker !== undefined;
}

/** All files of a folder; null where the dialog was closed. To be called in a click. */
export async function folderFromPicker(): Promise<Chosen[] | null> {
  const root = await chosenOrNone(() => pickers.showDirectoryPicker?.());
  if (root === undefined) return null;
  const found: Chosen[] = [];
  await walkHandle({ handle: root, root, path: [] }, found);
  return found;
}

async function chosenOrNone<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}

/**
 * Files of a drop or a paste. A drop's items are gone after the event, so all are asked for before the first wait. Stops
 * one behind the most that can be sent.
 */
export async function fromTransfer(transfer: DataTransfer): Promise<Chosen[]> {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const begun = items.map((item) => ({
    handle: (item as WithHandle).getAsFileSystemHandle?.(),
    entry: item.webkitGetAsEntry(),
    file: item.getAsFile(),
  }));
  const found: Chosen[] = [];
  for (const { handle, entry, file } of begun) {
    const known = await handle?.catch(() => null);
    if (known != null) await walkHandle({ handle: known, root: known as Root, path: [] }, found);
    else if (entry !== null) await walkEntry(entry, "", found);
    else if (file !== null) found.push({ name: file.name, file });
  }
  return found;
}

/** `path`: the names on the way from what was dropped to this, itself included, unless it was dropped itself. */
async function walkHandle(
  at: { handle: FileSystemHandle; root: Root; path: string[] },
  found: Chosen[],
): Promise<void> {
  if (found.length > MOST_FILES) return;
  const { handle, root, path } = at;
  if (handle.kind === "file") {
    const name = path.length === 0 ? handle.name : [root.name, ...path].join("/");
    found.push({ name, file: await (handle as FileSystemFileHandle).getFile(), way: { root, path } });
    return;
  }
  const inside: FileSystemHandle[] = [];
  for await (const one of (handle as unknown as WithValues).values()) inside.push(one);
  inside.sort(byName);
  for (const one of inside) await walkHandle({ handle: one, root, path: [...path, one.name] }, found);
}

async function walkEntry(entry: FileSystemEntry, folder: string, found: Chosen[]): Promise<void> {
  if (found.length > MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ name: folder + entry.name, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives a hundred at a time, and none when it is through.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  inside.sort(byName);
  for (const one of inside) await walkEntry(one, `${folder}${entry.name}/`, found);
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}

type Root = FileSystemFileHandle | FileSystemDirectoryHandle;

/** Not yet in the libraries of TypeScript: https://wicg.github.io/file-system-access/ */
interface Pickers {
  showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>;
  showDirectoryPicker?(): Promise<FileSystemDirectoryHandle>;
}
const pickers = globalThis as Pickers;

interface WithHandle extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
interface WithValues {
  values(): AsyncIterable<FileSystemHandle>;
}
