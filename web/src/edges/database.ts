/** The page's one database in the browser (IndexedDB): resume records, and handles of files that were chosen. */

import { failure } from "../engine/failures";

const NAME = "fumibako";
const VERSION = 1;

/** `journals`: one row a record; `entries`: its rows in order; `files`: handles under the name of their record. */
export type StoreName = "journals" | "entries" | "files";

let opened: Promise<IDBDatabase> | null = null;

/** Opens it, or makes it. Rejects where the browser keeps nothing (some private windows, storage switched off). */
export function database(): Promise<IDBDatabase> {
  opened ??= openDatabase().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("journals", { keyPath: "name" });
      request.result.createObjectStore("entries", { keyPath: ["journal", "at"] });
      request.result.createObjectStore("files", { keyPath: "journal" });
    };
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const found = request.result;
      // A newer page in another tab must not wait for this one; the next call here opens it anew.
      const forget = (): void => {
        found.close();
        opened = null;
      };
      found.onversionchange = forget;
      found.onclose = forget;
      resolve(found);
    };
  });
}

/** The answer of a request; its failure is that of its transaction. */
export function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Reads. */
export async function reading<T>(store: StoreName, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return answered(work((await database()).transaction(store, "readonly").objectStore(store)));
}

/**
 * Writes, and resolves only when what was written would survive a power cut (`durability: "strict"`). Rejects with
 * Failure("browser_full") where the browser or its disk has no room, Failure("browser_failed") otherwise.
 */
export async function writing(
  stores: readonly StoreName[],
  work: (of: (name: StoreName) => IDBObjectStore) => void,
): Promise<void> {
  try {
    const transaction = (await database()).transaction([...stores], "readwrite", { durability: "strict" });
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      work((name) => transaction.objectStore(name));
    });
  } catch (error) {
    throw failure(isFull(error) ? "browser_full" : "browser_failed", error instanceof Error ? error.name : "unknown");
  }
}

/** Whether a browser's error says that there is no room. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === "QuotaExceededError";
}
