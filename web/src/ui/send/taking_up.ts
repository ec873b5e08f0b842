/** Going on with an upload that was begun: its record, its files, and who gets it. */

import { chosenFile } from "../../edges/chosen_file";
import { restoreFiles } from "../../edges/kept_files";
import type { Api, FileSource, Unfinished } from "../../engine";
import { failure } from "../../engine/failures";
import { matched } from "./again";
import type { Chosen } from "./chosen";
import { recipientsIn, textsIn } from "./draft";
import { keepLinkKeyOf } from "./link_keys";
import type { Task } from "./running.svelte";

/** What the record says of the recipients. */
export function recipientsOf({ start }: Unfinished): readonly string[] {
  return recipientsIn(start.fields).map(({ email }) => email);
}

/** The title, or nothing. */
export function titleOf({ start }: Unfinished): string {
  return textsIn(start.fields).title;
}

export function bytesOfRecord({ start }: Unfinished): number {
  return start.files.reduce((sum, { size }) => sum + size, 0);
}

/** With the handles that the browser kept. To be called in a click. Rejects as restoreFiles does. */
export async function taskWithKept(api: Api, one: Unfinished): Promise<Task> {
  return taskOf(api, one, await restoreFiles(one.journal));
}

/** With files that were chosen again; `missing` names those that were not. */
export function taskWithChosen(
  api: Api,
  one: Unfinished,
  chosen: readonly Chosen[],
): { task: Task } | { missing: readonly { readonly name: string }[] } {
  const { files, missing } = matched(one.start.files, chosen);
  if (missing.length > 0) return { missing };
  const ways = files.flatMap(({ name, way }) => (way === undefined ? [] : [{ name, ...way }]));
  const sources = files.map(({ file, name }) => chosenFile(file, name));
  const task = taskOf(api, one, sources);
  return { task: ways.length === files.length ? { ...task, ways } : task };
}

function taskOf(api: Api, { journal, start }: Unfinished, sources: readonly FileSource[]): Task {
  if (start.origin !== api.origin) throw failure("upload_unknown");
  const options = { class: start.class, fields: start.fields, journal, keepLinkKey: keepLinkKeyOf(Date.now) };
  return { api, sources, options };
}
