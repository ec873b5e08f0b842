/** Uploads that were begun and not finished: what there is to go on with, and whether somebody is at it now. */

import type { JournalStore, WatchableJournals } from "../edges";
import { beginningOf, Journal, type Start } from "./journal";

/** One of them: what it was, and what to give Upload as `journal` to go on. */
export interface Unfinished {
  readonly journal: string;
  readonly start: Start;
  readonly transfer: string | null;
  /** Whether a tab sends it now, this one included: nobody else can take it up until that tab lets go of it. */
  readonly held: boolean;
}

/** All of them, those that somebody sends now as well. */
export async function unfinished(store: WatchableJournals): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const journal of await store.names()) {
    const { entries, held } = await store.look(journal);
    const beginning = beginningOf(entries);
    if (beginning !== null) found.push({ journal, ...beginning, held });
  }
  return found;
}

/**
 * The same, and once more each time one that was held is let go of: a page that was loaded anew finds its own record held for a
 * moment by the page before. Ends when none is held any more, or with `signal`.
 */
export async function* watchUnfinished(
  store: WatchableJournals,
  signal: AbortSignal,
): AsyncGenerator<readonly Unfinished[]> {
  for (;;) {
    const all = await unfinished(store);
    if (signal.aborted) return;
    yield all;
    const held = all.filter((one) => one.held);
    if (held.length === 0) return;
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    await Promise.race(held.map(({ journal }) => store.released(journal, either)));
    enough.abort();
  }
}

/** Forgets an unfinished upload on this computer; what the server holds of it is abandoned there in time. */
export async function forget(store: JournalStore, name: string): Promise<void> {
  await (await Journal.open(store, name)).finish();
}
