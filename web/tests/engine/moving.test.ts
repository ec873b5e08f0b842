import { describe, expect, it } from "vitest";
import { Gate } from "../../src/engine/gate";
import { Line } from "../../src/engine/line";
import { Progress } from "../../src/engine/progress";
import { sideBySide, Turns } from "../../src/engine/turns";
import { FakeClock } from "../support/fake_world";

describe("the line", () => {
  /** Runs rounds over a line that carries `most` requests at `each` bytes a millisecond. */
  function settled(clock: FakeClock, line: Line, most: number): number {
    for (let round = 0; round < 40; round++) {
      const allowed = line.limit;
      for (let n = 0; n < allowed; n++) line.begin();
      clock.time += 1000 * Math.max(1, allowed / most);
      for (let n = 0; n < allowed; n++) line.finish(1_000_000);
    }
    return line.limit;
  }

  it("takes more requests at once as long as that helps", () => {
    const clock = new FakeClock();
    expect(settled(clock, new Line(clock, { most: 16 }), 4)).toBeLessThanOrEqual(6);
    expect(settled(clock, new Line(clock, { most: 16 }), 4)).toBeGreaterThanOrEqual(3);
    expect(settled(clock, new Line(clock, { most: 16 }), 12)).toBeGreaterThanOrEqual(9);
  });

  it("never takes more than memory allows, nor less than one", () => {
    const clock = new FakeClock();
    const line = new Line(clock, { most: 2 });
    expect(settled(clock, line, 100)).toBe(2);
    for (let n = 0; n < 5; n++) line.fail();
    expect(line.limit).toBe(1);
  });

  it("is not led below its beginning by a rate that swings, and climbs again after a failure", () => {
    const clock = new FakeClock();
    const line = new Line(clock, { most: 5 });
    const round = (ms: number): void => {
      const allowed = line.limit;
      for (let n = 0; n < allowed; n++) line.begin();
      clock.time += ms;
      for (let n = 0; n < allowed; n++) line.finish(1_000_000);
    };
    for (let n = 0; n < 50; n++) round(n % 3 === 0 ? 1000 : 3000);
    expect(line.limit).toBeGreaterThanOrEqual(3);
    for (let n = 0; n < 5; n++) line.fail();
    round(1000);
    expect(line.limit).toBe(2);
  });

  it("halves after a failure", () => {
    const clock = new FakeClock();
    const line = new Line(clock, { most: 16, first: 8 });
    line.fail();
    expect(line.limit).toBe(4);
  });
});

describe("progress", () => {
  it("is exact, with a rate and the time that is left", () => {
    const clock = new FakeClock();
    const progress = new Progress(clock);
    progress.begin(10_000, 2000);
    progress.enter("moving");
    expect(progress.state).toMatchObject({ done: 2000, rate: null, secondsLeft: null });
    clock.time += 1000;
    progress.addUnderWay(500);
    expect(progress.state).toMatchObject({ done: 2500, rate: 500, secondsLeft: 15 });
    progress.addUnderWay(-500);
    progress.add(1000);
    expect(progress.state).toMatchObject({ done: 3000, rate: 1000, secondsLeft: 7 });
  });

  it("forgets what was before the last ten seconds, and before a pause", () => {
    const clock = new FakeClock();
    const progress = new Progress(clock);
    progress.begin(1_000_000, 0);
    progress.enter("moving");
    progress.add(500_000);
    for (let second = 0; second < 20; second++) {
      clock.time += 1000;
      progress.add(100);
    }
    expect(progress.state.rate).toBeCloseTo(100, -1);
    clock.time += 3_600_000;
    progress.enter("moving");
    expect(progress.state.rate).toBeNull();
  });
});

describe("the gate", () => {
  const never = new AbortController().signal;

  it("runs again what a pause cut", async () => {
    const gate = new Gate();
    let runs = 0;
    const done = gate.through(async (signal) => {
      runs += 1;
      if (runs === 1) gate.pause();
      if (signal.aborted) {
        setImmediate(() => gate.go());
        const { failure } = await import("../../src/engine/failures");
        throw failure("stopped");
      }
      return runs;
    }, never);
    expect(await done).toBe(2);
  });

  it("lets others end what waits at it", async () => {
    const gate = new Gate();
    gate.pause();
    const stop = new AbortController();
    const waiting = gate.through(async () => 1, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "stopped" });
    const other = gate.through(async () => 1, never);
    gate.end();
    await expect(other).rejects.toMatchObject({ code: "stopped" });
    expect(gate.ending.aborted).toBe(true);
  });
});

describe("work", () => {
  it("in turns goes on after a failure", async () => {
    const turns = new Turns();
    const order: number[] = [];
    const first = turns.take(async () => {
      order.push(1);
      throw new Error("x");
    });
    const second = turns.take(async () => order.push(2));
    await expect(first).rejects.toThrow("x");
    await second;
    expect(order).toEqual([1, 2]);
  });

  it("side by side begins nothing after a failure, waits for what is under way, and tells the first", async () => {
    const begun: number[] = [];
    let stopped = 0;
    const work = async (job: number): Promise<void> => {
      begun.push(job);
      await new Promise((resolve) => setImmediate(resolve));
      if (job >= 2) throw new Error(String(job));
    };
    const how = { limit: () => 2, stop: () => (stopped += 1) };
    await expect(sideBySide([1, 2, 3, 4, 5, 6], work, how as never)).rejects.toThrow("2");
    expect(begun).toEqual([1, 2, 3]);
    expect(stopped).toBe(1);
  });

  it("side by side with nothing to do is done", async () => {
    await sideBySide([], async () => undefined, { limit: () => 1, stop: () => undefined });
  });
});
