/**
 * Resume records of what a guest sends. Their names begin with the request's id, so that another request's guest, or the
 * member who uses the same browser, is not offered them.
 */

import { chosenFile } from "../../edges/chosen_file";
import type { Api, FileSource, Json, TransferClass, Unfinished } from "../../engine";
import { journalName } from "../../engine/upload/chosen";
import type { Chosen } from "../send/chosen";
import type { Task } from "../send/running.svelte";

const AREA = "request/";

/** Whether a record is one of a guest's. */
export function isGuestRecord(journal: string): boolean {
  return journal.startsWith(AREA);
}

/** What was begun for this request in this browser and can be gone on with, the newest first. */
export function begunFor(all: readonly Unfinished[], request: string): Unfinished[] {
  return all
    .filter(({ journal, held }) => !held && journal.startsWith(`${AREA}${request}/`))
    .sort((one, other) => other.start.begun - one.start.begun);
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
