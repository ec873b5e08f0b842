/**
 * How many requests are on their way at once: as many as the line rewards.
 *
 * After every round (as many finished requests as were allowed) the rate is compared with the round before: one more
 * while that helps, one less where it hurt, half after a failure. Memory sets the upper bound. Rates swing on busy computers,
 * too: only a failure leads below what was begun with, since with one alone nothing is got ready while another travels.
 */

import type { Clock } from "./edges";

const BETTER = 1.1;
const WORSE = 0.9;

export class Line {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #first: number;
  #limit: number;
  #finished = 0;
  #bytes = 0;
  #since: number | null = null;
  #lastRate = 0;

  /** `most` is the upper bound; `first` what is begun with. */
  constructor(clock: Clock, bounds: { most: number; first?: number }) {
    this.#clock = clock;
    this.#most = Math.max(1, bounds.most);
    this.#first = Math.min(this.#most, bounds.first ?? 3);
    this.#limit = this.#first;
  }

  /** How many may be on their way now. */
  get limit(): number {
    return this.#limit;
  }

  /** A request begins: the first one starts the clock of a round. */
  begin(): void {
    this.#since ??= this.#clock.now();
  }

  /** A request ended well. */
  finish(bytes: number): void {
    this.#finished += 1;
    this.#bytes += bytes;
    if (this.#finished >= this.#limit) this.#judge();
  }

  /** A request failed: less at once, and the rate is learned anew. */
  fail(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#lastRate = 0;
    this.#nextRound();
  }

  #judge(): void {
    const now = this.#clock.now();
    const rate = this.#bytes / Math.max(1, now - (this.#since ?? now));
    if (rate > this.#lastRate * BETTER) this.#limit = Math.min(this.#most, this.#limit + 1);
    else if (rate < this.#lastRate * WORSE && this.#limit > this.#first) this.#limit -= 1;
    this.#lastRate = rate;
    this.#nextRound();
  }

  #nextRound(): void {
    this.#finished = 0;
    this.#bytes = 0;
    this.#since = this.#clock.now();
  }
}
