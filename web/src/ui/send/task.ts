/** A new upload out of what the form holds. */

import { chosenFile } from "../../edges/chosen_file";
import { type Api, type Json, journalName, type TransferClass } from "../../engine";
import type { Chosen } from "./chosen";
import { keepLinkKeyOf } from "./link_keys";
import type { Task } from "./running.svelte";

/** The same files sent the same way to the same people have the same record: what was begun goes on. */
export async function newTask(
  api: Api,
  files: readonly Chosen[],
  how: { class: TransferClass; fields: Json; passphrase: string | undefined },
): Promise<Task> {
  const sources = files.map(({ file, name }) => chosenFile(file, name));
  const journal = await journalName(api.origin, sources, how.class, how.fields);
  const options = {
    class: how.class,
    fields: how.fields,
    journal,
    keepLinkKey: keepLinkKeyOf(Date.now),
    ...(how.passphrase !== undefined && { passphrase: how.passphrase }),
  };
  const ways = files.flatMap(({ name, way }) => (way === undefined ? [] : [{ name, ...way }]));
  // Some of them alone are of no use: all files of an upload go on together.
  return { api, sources, options, ...(ways.length === files.length && { ways }) };
}
