/** The one upload that a member's page runs. */

import { Running, type Task } from "./running.svelte";

let shown = $state.raw<Running | null>(null);

/** The upload that this page runs or has run last, until it is dismissed. */
export function current(): Running | null {
  return shown;
}

/** Begins one. */
export function begin(task: Task): Running {
  const run = new Running(task);
  shown = run;
  void run.run();
  return run;
}

/** Makes room for the next one. */
export function dismiss(): void {
  shown = null;
}
