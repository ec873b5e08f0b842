/**
 * Resume records in a browser: rows in IndexedDB, each append a transaction of its own that is on the disk when it resolves.
 *
 * One tab at a time: a Web Lock is held as long as a record is open, and the browser itself gives it back when the tab is
 * closed, crashes or is killed. Looking at a record takes no lock; whoever waits for one takes it shared, for a moment. Where a browser keeps nothing at all, records live in this page's memory: sending works,
 * and goes on after pauses and lost lines, but not after the page is gone.
 */

import type { JournalFile, WatchableJournals } from "../engine/edges";
import { failure } from "../engine/failures";
import { database, reading, writing } from "./database";

/** `lasting`: whether records outlive the page. */
export interface BrowserJournals extends WatchableJournals {
  lasting(): Promise<boolean>;
}

interface Entry {
  readonly journal: string;
  readonly at: number;
  readonly value: unknown;
}

const LOCK = "fumibako/journal/";

/** Records of this origin. The first one that is written asks the browser to keep them when its disk gets full. */
export function browserJournals(): BrowserJournals {
  const memory = memoryJournals();
  const lasting = once(() => database().then(isOpen, isClosed));
  const asked = once(async () => navigator.storage?.persist?.());
  return {
    lasting,
    names: async () =>
      (await lasting()) ? ((await reading("journals", (all) => all.getAllKeys())) as string[]) : memory.names(),
    open: async (name) => {
      if (!(await lasting())) return memory.open(name);
      const release = await lock(name);
      try {
        return await journalFile(name, release, asked);
      } catch (error) {
        await release();
        throw error;
      }
    },
    look: async (name) => {
      if (!(await lasting())) return memory.look(name);
      const [rows, held] = await Promise.all([rowsIn(name), isHeld(name)]);
      return { entries: rows.map(({ value }) => value), held };
    },
    released: async (name, signal) => {
      if (!(await lasting())) return memory.released(name, signal);
      await navigator.locks
        .request(LOCK + name, { mode: "shared", signal }, () => undefined)
        .catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
    },
  };
}

async function journalFile(
  name: string,
  release: () => Promise<void>,
  ask: () => Promise<unknown>,
): Promise<JournalFile> {
  const rows = await rowsIn(name);
  let next = (rows.at(-1)?.at ?? -1) + 1;
  return {
    entries: rows.map(({ value }) => value),
    append: async (entries) => {
      // A browser may ask the person; nothing waits for the answer.
      ask().catch(() => undefined);
      const first = next;
      next += entries.length;
      await writing(["journals", "entries"], (of) => {
        of("journals").put({ name });
        for (const [at, value] of entries.entries()) of("entries").add({ journal: name, at: first + at, value });
      });
    },
    close: release,
    remove: async () => {
      await writing(["journals", "entries", "files"], (of) => {
        of("journals").delete(name);
        of("entries").delete(rowsOf(name));
        of("files").delete(name);
      });
      await release();
    },
  };
}

function rowsIn(name: string): Promise<Entry[]> {
  return reading("entries", (entries) => entries.getAll(rowsOf(name)));
}

function rowsOf(name: string): IDBKeyRange {
  return IDBKeyRange.bound([name, 0], [name, Number.MAX_SAFE_INTEGER]);
}

/** Gives the function that releases it. Rejects with Failure("upload_running") while another tab holds it. */
async function lock(name: string): Promise<() => Promise<void>> {
  for (;;) {
    const release = await lockedNow(name);
    if (release !== null) return release;
    if (await isHeld(name)) throw failure("upload_running");
    // Somebody who waited for it (`released`) has it for this moment.
  }
}

/**
 * Null where it is not free. What it gives releases the lock, and resolves when the browser has given it back: whoever opens the
 * record then is not refused.
 */
function lockedNow(name: string): Promise<(() => Promise<void>) | null> {
  return new Promise((resolve, reject) => {
    const held: Promise<void> = navigator.locks.request(LOCK + name, { ifAvailable: true }, (found) => {
      if (found === null) return resolve(null);
      return new Promise<void>((release) => {
        resolve(() => {
          release();
          return held;
        });
      });
    });
    held.catch(reject);
  });
}

/** Whether a tab has it open; those who wait take it shared. */
async function isHeld(name: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some((one) => one.name === LOCK + name && one.mode === "exclusive");
}

/** Records that are gone with the page. */
export function memoryJournals(): WatchableJournals {
  const kept = new Map<string, unknown[]>();
  /** Those that are open, and whom to tell when they are not. */
  const open = new Map<string, Set<() => void>>();
  const close = (name: string): void => {
    const waiting = open.get(name) ?? [];
    open.delete(name);
    for (const tell of waiting) tell();
  };
  return {
    names: async () => [...kept.keys()],
    open: async (name) => {
      if (open.has(name)) throw failure("upload_running");
      open.set(name, new Set());
      const rows = kept.get(name) ?? [];
      return {
        entries: [...rows],
        append: async (entries) => {
          rows.push(...structuredClone(entries));
          kept.set(name, rows);
        },
        close: async () => close(name),
        remove: async () => {
          kept.delete(name);
          close(name);
        },
      };
    },
    look: async (name) => ({ entries: [...(kept.get(name) ?? [])], held: open.has(name) }),
    released: (name, signal) =>
      new Promise((resolve) => {
        if (signal.aborted || !open.has(name)) return resolve();
        open.get(name)?.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= work();
    return found;
  };
}

const isOpen = (): boolean => true;
const isClosed = (): boolean => false;
