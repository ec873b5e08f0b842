/** A list that is read page by page, begun anew for other filters, and looked at again while it is shown. */

import { appended, type Gathered, type Line, refreshed, replaced } from "./gathering";

/** Reads one page; `cursor` null is the first. */
export type AskPage<Item extends Line> = (
  cursor: string | null,
  signal: AbortSignal,
) => Promise<{ readonly items: readonly Item[]; readonly next?: string | null }>;

// A page may be empty and still go on. After so many of these a person is asked whether to look further.
const EMPTY_PAGES = 4;
const NOTHING = { items: [], next: null };

export class Lines<Item extends Line> {
  gathered: Gathered<Item> = $state.raw(NOTHING);
  /** True until the first page of these filters is there. */
  loading = $state(true);
  /** True while further pages are read. */
  adding = $state(false);
  error: unknown = $state.raw(null);
  #ask: AskPage<Item>;
  #run = new AbortController();

  constructor(ask: AskPage<Item>) {
    this.#ask = ask;
  }

  /** What was gathered on an earlier visit is there at once, so that the way back finds its place. */
  restore(kept: Gathered<Item>): void {
    this.gathered = kept;
    this.loading = false;
  }

  /** Begins anew; what an earlier run still brings is dropped. */
  async open(ask: AskPage<Item> = this.#ask): Promise<void> {
    this.#ask = ask;
    const run = this.#begin();
    this.loading = true;
    this.adding = false;
    await this.#read(run, NOTHING);
    if (!run.aborted) this.loading = false;
  }

  /** Reads on where the list stopped. */
  async more(): Promise<void> {
    if (this.adding || this.loading || this.gathered.next === null) return;
    const run = this.#run.signal;
    this.adding = true;
    await this.#read(run, this.gathered);
    if (!run.aborted) this.adding = false;
  }

  /** Reads the first page again; resolves with whether it said anything new. */
  async refresh(): Promise<boolean> {
    if (this.loading || this.adding) return false;
    const run = this.#run.signal;
    const page = await this.#ask(null, run);
    if (run.aborted || this.adding) return false;
    const now = refreshed(this.gathered, { items: page.items, next: page.next ?? null });
    if (JSON.stringify(now) === JSON.stringify(this.gathered)) return false;
    this.gathered = now;
    return true;
  }

  put(line: Item): void {
    this.gathered = replaced(this.gathered, line);
  }

  /** Ends what is under way. */
  end(): void {
    this.#run.abort();
  }

  #begin(): AbortSignal {
    this.#run.abort();
    this.#run = new AbortController();
    return this.#run.signal;
  }

  async #read(run: AbortSignal, from: Gathered<Item>): Promise<void> {
    this.error = null;
    try {
      let known = from;
      for (let empty = 0; empty < EMPTY_PAGES; empty += 1) {
        const page = await this.#ask(known.next, run);
        if (run.aborted) return;
        known = appended(known, { items: page.items, next: page.next ?? null });
        if (page.items.length > 0 || known.next === null) break;
      }
      this.gathered = known;
    } catch (error) {
      if (!run.aborted) this.error = error;
    }
  }
}
