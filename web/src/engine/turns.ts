/** Work in turns and work side by side. */

/** Runs pieces of work one after another, in the order in which they were given. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/**
 * Runs `work` for every job in order, `limit()` at once at most. The first failure calls `stop`, no other job begins, and
 * when all that were under way have ended the failure is thrown.
 */
export async function sideBySide<Job>(
  jobs: Iterable<Job>,
  work: (job: Job) => Promise<void>,
  how: { limit: () => number; stop: () => void },
): Promise<void> {
  const left = jobs[Symbol.iterator]();
  const active = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (): boolean => {
    const next = failures.length === 0 ? left.next() : { done: true as const };
    if (next.done === true) return false;
    const one: Promise<void> = work(next.value)
      .catch((error: unknown) => {
        if (failures.push(error) === 1) how.stop();
      })
      .finally(() => active.delete(one));
    active.add(one);
    return true;
  };
  for (;;) {
    while (active.size < how.limit() && start());
    if (active.size === 0) break;
    await Promise.race(active);
  }
  if (failures.length > 0) throw failures[0];
}
