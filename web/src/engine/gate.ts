/** Pause and go on, and the end of it all. */

import { failure, isFailure } from "./failures";

/** What runs behind a gate: it stops at once when the gate closes, and begins again where it can. */
export class Gate {
  readonly #ending = new AbortController();
  #leg = new AbortController();
  #open: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #paused = false;

  get paused(): boolean {
    return this.#paused;
  }

  /** Aborted when everything ends, not by a pause: for calls that a pause may let through. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends what is under way; it begins again with `go`. */
  pause(): void {
    if (this.#paused || this.ending.aborted) return;
    this.#paused = true;
    this.#open = new Promise((resolve) => {
      this.#release = resolve;
    });
    this.#leg.abort();
  }

  go(): void {
    if (!this.#paused || this.ending.aborted) return;
    this.#paused = false;
    this.#leg = new AbortController();
    this.#release();
  }

  /** Ends everything for good; what waits rejects with Failure("stopped"). */
  end(): void {
    this.#ending.abort();
    this.#paused = false;
    this.#leg.abort();
    this.#release();
  }

  /**
   * Runs `work` while the gate is open; after a pause it is run again from its beginning. `stop` ends it even while the
   * gate is closed, with Failure("stopped").
   */
  async through<T>(work: (signal: AbortSignal) => Promise<T>, stop: AbortSignal): Promise<T> {
    for (;;) {
      await this.#opened(stop);
      const { signal } = this.#leg;
      try {
        return await work(AbortSignal.any([signal, stop]));
      } catch (error) {
        if (stop.aborted || this.ending.aborted || !signal.aborted || !isFailure(error, "stopped")) throw error;
      }
    }
  }

  async #opened(stop: AbortSignal): Promise<void> {
    let wake: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      wake = resolve;
    });
    stop.addEventListener("abort", wake, { once: true });
    try {
      if (!stop.aborted) await Promise.race([this.#open, stopped]);
    } finally {
      stop.removeEventListener("abort", wake);
    }
    if (stop.aborted || this.ending.aborted) throw failure("stopped");
  }
}
