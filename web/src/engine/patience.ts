/**
 * Waiting out what passes: a line that is away for an hour, a server that is being upgraded, a sign-in that ended. One wait for
 * all who met it, and then each goes on where it was.
 */

import { type Failure, failure, isFailure, Refused } from "./failures";

/** What an upload or a download can wait for. */
export type Held = "network" | "signed_out";

/** Resolves when another try is worth it; may reject, which then ends it all. Ends early when the signal is aborted. */
export type Wait = (held: Held, signal: AbortSignal) => Promise<void>;

const AWAY = new Set([502, 503, 504]);

export class Patience {
  readonly #wait: Wait | undefined;
  readonly #ending: AbortSignal;
  readonly #changed: () => void;
  #waiting: Promise<void> | null = null;
  #held: Held | null = null;

  /** Without `wait` every failure is thrown as it comes. `ending` is aborted when it is all to end. */
  constructor(how: { wait: Wait | undefined; ending: AbortSignal; changed: () => void }) {
    this.#wait = how.wait;
    this.#ending = how.ending;
    this.#changed = how.changed;
  }

  /** What is waited for now. */
  get held(): Held | null {
    return this.#held;
  }

  /** Runs `work` until it ends in something that waiting does not help. `signal` ends the wait, not the one of others. */
  async endure<T>(work: () => Promise<T>, signal: AbortSignal = this.#ending): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const held = heldBy(error);
        if (held === null || this.#wait === undefined) throw error;
        await this.#waitFor(held, error as Failure);
        if (signal.aborted) throw failure("stopped");
      }
    }
  }

  async #waitFor(held: Held, error: Failure): Promise<void> {
    if (this.#wait === undefined) throw error;
    if (this.#waiting === null) {
      this.#held = held;
      this.#changed();
      this.#waiting = this.#wait(held, this.#ending).finally(() => {
        this.#waiting = null;
        this.#held = null;
        this.#changed();
      });
    }
    await this.#waiting;
  }
}

function heldBy(error: unknown): Held | null {
  if (isFailure(error, "signed_out")) return "signed_out";
  const away = error instanceof Refused && AWAY.has(error.status);
  return away || isFailure(error, "network") ? "network" : null;
}
