/** Work that would be lost by leaving: the router and the browser ask first. */

import { ask } from "./questions.svelte";
import { t } from "./words.svelte";

const guards = new Set<() => boolean>();

/** Asks before the page is left while `unsaved` answers true. Returns the function that ends it. */
export function guardLeaving(unsaved: () => boolean): () => void {
  if (guards.size === 0) addEventListener("beforeunload", onUnload);
  guards.add(unsaved);
  return () => {
    guards.delete(unsaved);
    if (guards.size === 0) removeEventListener("beforeunload", onUnload);
  };
}

/** Whether the screen may be left: at once, or because the person said so. */
export async function beforeLeaving(): Promise<boolean> {
  if (!wouldLose()) return true;
  return ask({ title: t("frame.leave_title"), text: t("frame.leave_text"), yes: t("frame.leave_yes"), danger: true });
}

/** Loads another address anew, without asking: signing out leaves nothing of a person in the memory of the page. */
export function leaveAtOnce(address: string): void {
  guards.clear();
  location.assign(address);
}

function wouldLose(): boolean {
  return [...guards].some((unsaved) => unsaved());
}

function onUnload(event: BeforeUnloadEvent): void {
  if (wouldLose()) event.preventDefault();
}
