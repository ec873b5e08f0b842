import { describe, expect, it } from "vitest";
import { type Attention, keepLooking, LATER_MS, pauseAfter, SOON_MS } from "../../../src/ui/transfers/looking";

/** A clock whose sleeps end when they are told to; each sleep is written down. */
class Slept {
  readonly pauses: number[] = [];
  #wake: () => void = () => undefined;

  readonly clock = {
    now: () => 0,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        this.pauses.push(ms);
        this.#wake = resolve;
        if (signal?.aborted) resolve();
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
  };

  async wake(): Promise<void> {
    this.#wake();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

class Watcher implements Attention {
  away = false;
  wake: () => void = () => undefined;
  seen(): boolean {
    return !this.away;
  }
  listen(wake: () => void): () => void {
    this.wake = wake;
    return () => {
      this.wake = () => undefined;
    };
  }
}

async function looking(answers: readonly (boolean | "fails")[], moving = false) {
  const slept = new Slept();
  const attention = new Watcher();
  const ending = new AbortController();
  let looks = 0;
  const look = async (): Promise<boolean> => {
    const answer = answers[looks] ?? false;
    looks += 1;
    if (answer === "fails") throw new Error("away");
    return answer;
  };
  const done = keepLooking({ clock: slept.clock, attention, look, moving: () => moving }, ending.signal);
  return { slept, attention, ending, done, looks: () => looks };
}

describe("looking again", () => {
  it("waits longer while nothing changes, and starts over when something did", async () => {
    const { slept, ending, done } = await looking([false, false, true]);
    for (let turn = 0; turn < 4; turn += 1) await slept.wake();
    expect(slept.pauses).toEqual([LATER_MS, LATER_MS * 1.5, LATER_MS * 1.5 ** 2, LATER_MS, LATER_MS * 1.5]);
    ending.abort();
    await done;
  });

  it("is sooner while something moves, and never later than two minutes", () => {
    expect(pauseAfter(0, true)).toBe(SOON_MS);
    expect(pauseAfter(100, true)).toBe(120_000);
    expect(pauseAfter(100, false)).toBe(120_000);
  });

  it("asks nothing while nobody sees it, and at once when they come back", async () => {
    const { slept, attention, ending, done, looks } = await looking([]);
    attention.away = true;
    await slept.wake();
    expect(looks()).toBe(0);
    attention.away = false;
    attention.wake();
    await slept.wake();
    expect(looks()).toBe(1);
    ending.abort();
    await done;
  });

  it("takes a failure for no change", async () => {
    const { slept, ending, done } = await looking(["fails"]);
    await slept.wake();
    expect(slept.pauses).toEqual([LATER_MS, LATER_MS * 1.5]);
    ending.abort();
    await done;
  });
});
