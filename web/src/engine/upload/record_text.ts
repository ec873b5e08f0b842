/**
 * The resume record as a file, so that another program goes on with the upload (spec/resume.md). Whoever hands it over lets go of
 * it: two programs that go on with one record, each with a file that was changed meanwhile, would seal two contents under one
 * header.
 */

import type { JournalStore } from "../edges";
import { failure } from "../failures";

/** The first line of such a file. */
export const RECORD_MARK = { k: "fumibako-upload", v: 1 } as const;

/** JSON lines. It holds the keys of what is being sent. Rejects with upload_running, upload_unknown. */
export async function recordText(store: JournalStore, name: string): Promise<string> {
  const file = await store.open(name);
  try {
    if (file.entries.length === 0) throw failure("upload_unknown");
    return [RECORD_MARK, ...file.entries].map((entry) => `${JSON.stringify(entry)}\n`).join("");
  } finally {
    await file.close();
  }
}
