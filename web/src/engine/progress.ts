/** How far something is: exact bytes, the rate of the last ten seconds, the time that is left. */

import type { Clock } from "./edges";

const WINDOW_MS = 10_000;
const LEAST_MS = 500;

/** `rate` in bytes a second and `secondsLeft` are null until something moved for half a second. */
export interface ProgressState {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  readonly rate: number | null;
  readonly secondsLeft: number | null;
}

export type Phase = "preparing" | "comparing" | "moving" | "paused" | "finishing" | "done";

/** Counts bytes; `changed` is told of each change. What a person sees is drawn by whoever asks, at their own pace. */
export class Progress {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #marks: { at: number; moved: number }[] = [];
  #phase: Phase = "preparing";
  #total = 0;
  #settled = 0;
  #moved = 0;
  #underWay = 0;

  constructor(clock: Clock, changed: () => void = () => undefined) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get state(): ProgressState {
    const done = Math.min(this.#total, this.#settled + this.#moved + this.#underWay);
    const rate = this.#phase === "moving" ? this.#rate() : null;
    const secondsLeft = rate !== null && rate > 0 ? (this.#total - done) / rate : null;
    return { phase: this.#phase, done, total: this.#total, rate, secondsLeft };
  }

  enter(phase: Phase): void {
    this.#phase = phase;
    // A rate over a pause would be the rate of nothing.
    this.#marks.length = 0;
    this.#mark();
  }

  /** So many bytes in all, of which some were there before. */
  begin(total: number, settled: number): void {
    this.#total = total;
    this.#settled = settled;
    this.#moved = 0;
    this.#mark();
  }

  /** Bytes that have arrived for good. */
  add(count: number): void {
    this.#moved += count;
    this.#mark();
  }

  /** Bytes of requests under way, as far as they can be seen; a failed request takes its own back. */
  addUnderWay(count: number): void {
    this.#underWay += count;
    this.#mark();
  }

  /** Something changed that is not counted here. */
  tell(): void {
    this.#changed();
  }

  #mark(): void {
    const now = this.#clock.now();
    const last = this.#marks.at(-1);
    // Ten marks a second tell as much as ten thousand.
    if (last === undefined || now - last.at >= 100) this.#marks.push({ at: now, moved: this.#moved + this.#underWay });
    while (this.#marks.length > 2 && now - (this.#marks[0]?.at ?? now) > WINDOW_MS) this.#marks.shift();
    this.#changed();
  }

  #rate(): number | null {
    const first = this.#marks[0];
    const elapsed = this.#clock.now() - (first?.at ?? 0);
    if (first === undefined || elapsed < LEAST_MS) return null;
    return Math.max(0, ((this.#moved + this.#underWay - first.moved) * 1000) / elapsed);
  }
}
