/** What a person can hold up and let go on: an upload or a download under way, with how far it is. */

import type { Clock } from "./edges";
import { Gate } from "./gate";
import { Progress, type ProgressState } from "./progress";

/** `pause` and `go` as often as one likes; `stop` ends it for good. */
export class Pausable {
  protected readonly gate = new Gate();
  protected readonly course: Progress;

  /** `changed` is told of each change; what a person sees is drawn by whoever asks, at their own pace. */
  constructor(clock: Clock, changed?: () => void) {
    this.course = new Progress(clock, changed);
  }

  get progress(): ProgressState {
    const state = this.course.state;
    return this.gate.paused ? { ...state, phase: "paused", rate: null, secondsLeft: null } : state;
  }

  pause(): void {
    this.gate.pause();
    this.course.tell();
  }

  go(): void {
    // A rate over a pause would be the rate of nothing.
    this.course.enter(this.course.state.phase);
    this.gate.go();
  }

  stop(): void {
    this.gate.end();
  }
}
