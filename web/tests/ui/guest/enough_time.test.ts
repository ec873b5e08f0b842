import { describe, expect, it } from "vitest";
import { risky, timeNeeded, worthMeasuring } from "../../../src/ui/guest/enough_time";

const HOUR = 3_600_000;
const GB = 1e9;

describe("whether there is time enough", () => {
  it.each([
    // 10 GB at 1 MB/s take 10,000 s.
    [{ bytes: 10 * GB, rate: 1e6, msLeft: 4 * HOUR }, false],
    [{ bytes: 10 * GB, rate: 1e6, msLeft: 3 * HOUR }, true],
    [{ bytes: 10 * GB, rate: 1e6, msLeft: -1 }, true],
    [{ bytes: 10 * GB, rate: null, msLeft: 1 }, false],
    [{ bytes: 10 * GB, rate: 0, msLeft: HOUR }, false],
    [{ bytes: 0, rate: 1, msLeft: 0 }, false],
  ])("%o: %s", (haul, expected) => {
    expect(risky(haul)).toBe(expected);
  });

  it("says how long it takes", () => {
    expect(timeNeeded({ bytes: 3e6, rate: 1e6, msLeft: 0 })).toBe(3000);
    expect(timeNeeded({ bytes: 3e6, rate: null, msLeft: 0 })).toBeNull();
  });

  it("measures only where it can change anything", () => {
    expect(worthMeasuring({ bytes: 5e6, msLeft: 24 * HOUR })).toBe(false);
    expect(worthMeasuring({ bytes: 5e6, msLeft: 30_000 })).toBe(true);
    expect(worthMeasuring({ bytes: 80 * GB, msLeft: 7 * 24 * HOUR })).toBe(true);
  });
});
