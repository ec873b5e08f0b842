/**
 * Resume records of what a guest sends. Their names begin with the request's id, so that another request's guest, or the
 * member who uses the same browser, is not offered them.
 */

import { chosenFile } from "../../edges/chosen_file";
import type { Api, FileSource, JournalStore, Json, TransferClass, Unfinished } from "../../engine";
import { journalName, unfinished } from "../../engine/upload/chosen";
import type { Chosen } from "../send/chosen";
import type { Task } from "../send/running.svelte";

const AREA = "request/";

/** Whether a record is one of a guest's. */
export function isGuestRecord(journal: string): boolean {
  return journal.startsWith(AREA);
}

/** What was begun for this request in this browser and not finished, the newest first; `held` of them another tab has open. */
export async function begunFor(store: JournalStore, request: string): Promise<{ found: Unfinished[]; held: number }> {
  const names = (await store.names()).filter((name) => name.startsWith(`${AREA}${request}/`));
  const found = await unfinished({ open: (name) => store.open(name), names: async () => names });
  found.sort((one, other) => other.start.begun - one.start.begun);
  return { found, held: names.length - found.length };
}

/** An upload to a request. The same files with the same words go on where they stopped. */
export async function guestTask(
  api: Api,
  request: string,
  files: readonly Chosen[],
  how: { readonly class: TransferClass; readonly message: string },
): Promise<Task> {
  const sources: FileSource[] = files.map(({ file, name }) => chosenFile(file, name));
  const message = how.message.trim();
  const fields: Json = { source: "page", ...(message !== "" && { message }) };
  const name = await journalName(api.origin, sources, how.class, fields);
  const ways = files.flatMap(({ name: shown, way }) => (way === undefined ? [] : [{ name: shown, ...way }]));
  const options = { class: how.class, fields, journal: `${AREA}${request}/${name}` };
  return { api, sources, options, ...(ways.length === files.length && { ways }) };
}
