/** Trying again: pauses that double, with full jitter (AWS Builders' Library), and an end to it. */

import { type Chance, type Clock, NetworkFault } from "../edges";
import { type Failure, failure } from "../failures";

export const ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 30_000;
const FIRST_PAUSE_MS = 250;

/** Thrown by one attempt that may succeed later. `afterMs`: the pause that the server asked for. */
export class Retry extends Error {
  readonly afterMs: number | null;
  readonly attempts: number;
  readonly failure: Failure;

  /** `failure` is what it comes to when none of `attempts` helped. */
  constructor(failure: Failure, more: { afterMs?: number | null; attempts?: number } = {}) {
    super(failure.code);
    this.failure = failure;
    this.afterMs = more.afterMs ?? null;
    this.attempts = more.attempts ?? ATTEMPTS;
  }
}

/** What retries need: time, chance, and a signal that ends them. */
export interface Patience {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly signal?: AbortSignal;
}

/**
 * Calls `attempt(n)` until it gives a value; pauses double from 0.25 s to 30 s. Rejects with Failure("network") or the
 * failure of the last Retry after 8 attempts or as many as that allows, with Failure("stopped") when the signal is aborted.
 */
export async function withRetries<T>(patience: Patience, attempt: (number: number) => Promise<T>): Promise<T> {
  for (let number = 0; ; ) {
    if (patience.signal?.aborted) throw failure("stopped");
    try {
      return await attempt(number);
    } catch (error) {
      if (patience.signal?.aborted) throw failure("stopped");
      const retry = asRetry(error);
      number += 1;
      if (number >= retry.attempts) throw retry.failure;
      const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1));
      await patience.clock.sleep(retry.afterMs ?? patience.chance() * ceiling, patience.signal);
    }
  }
}

function asRetry(error: unknown): Retry {
  if (error instanceof Retry) return error;
  if (error instanceof NetworkFault) return new Retry(failure("network", error.message));
  throw error;
}

/** Whether a pause is one that a person would sit through; longer ones are an answer to the person, not to a loop. */
export function bearable(afterMs: number | null): boolean {
  return afterMs === null || afterMs <= LONGEST_PAUSE_MS;
}
