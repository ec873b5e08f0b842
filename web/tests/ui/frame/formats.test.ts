import { beforeAll, describe, expect, it, vi } from "vitest";
import * as formats from "../../../src/ui/frame/formats";
import { chooseLanguage } from "../../../src/ui/frame/words.svelte";

const NOW = Date.parse("2026-11-21T10:00:00Z");

// The language stands on the document too; node has none.
beforeAll(() => {
  vi.stubGlobal("document", { documentElement: { lang: "" } });
});

describe("in Japanese", () => {
  it("writes sizes, rates and lengths of time", () => {
    expect([0, 999, 1000, 1_540_000, 99_960_000, 80e9, 48.8e15].map(formats.formatBytes)).toEqual([
      "0 バイト",
      "999 バイト",
      "1 KB",
      "1.5 MB",
      "100 MB",
      "80 GB",
      "48,800 TB",
    ]);
    expect(formats.formatRate(12_340_000)).toBe("12.3 MB/s");
    expect([900, 40_000, 95_000, 3_600_000, 7_500_000, 90_000_000].map(formats.formatDuration)).toEqual([
      "1 秒",
      "40 秒",
      "2 分",
      "1 時間",
      "2 時間5 分",
      "1 日1 時間",
    ]);
  });
});

describe("in English", () => {
  it("writes the same in its own way", async () => {
    await chooseLanguage("en");
    expect([1, 2, 1_540_000].map(formats.formatBytes)).toEqual(["1 byte", "2 bytes", "1.5 MB"]);
    expect(formats.formatDuration(7_500_000)).toBe("2 hr 5 min");
    expect(formats.formatNumber(1_234_567)).toBe("1,234,567");
    expect(formats.formatPercent(0.999)).toBe("99%");
  });

  it("says how long ago something was, and names a day where it is another", () => {
    expect(formats.formatAgo("2026-11-21T09:59:40Z", NOW)).toBe("this minute");
    expect(formats.formatAgo("2026-11-21T08:00:00Z", NOW)).toBe("2 hours ago");
    expect(formats.formatAgo("2026-11-20T08:00:00Z", NOW)).toBe("yesterday");
    expect(formats.formatAgo("2026-11-24T10:00:00Z", NOW)).toBe("in 3 days");
    expect(formats.formatClock(NOW, NOW)).toMatch(/^\d{1,2}:\d\d( [AP]M)?$/);
    expect(formats.formatClock(NOW + 48 * 3_600_000, NOW)).toMatch(/Nov 23/);
  });
});
