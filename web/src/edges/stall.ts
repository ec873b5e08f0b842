/** Ends what has not moved for a while. */

/** A signal that is aborted when `outer` is, or when the time last given to `allow` has passed. */
export class Stall {
  readonly #own = new AbortController();
  readonly signal: AbortSignal;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.signal = outer === undefined ? this.#own.signal : AbortSignal.any([outer, this.#own.signal]);
    this.allow(ms);
  }

  /** Something moved: the next thing may take `ms`. */
  allow(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#own.abort(), ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
