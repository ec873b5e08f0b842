/** The edges' own decisions, without a browser: how a file is saved, how long a pause lasts, which scripts may start. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryJournals } from "../../src/edges/browser_journals";
import { type Line, lineClock } from "../../src/edges/browser_world";
import { saveFailure, writeFailure } from "../../src/edges/saving/failures";
import { MEMORY_LIMIT } from "../../src/edges/saving/memory_download";
import { type Capabilities, PICKER_FROM, saveWay } from "../../src/edges/saving/save_way";
import { scriptUrl } from "../../src/edges/trusted";
import type { Clock } from "../../src/engine";

afterEach(() => vi.unstubAllGlobals());

const ALL: Capabilities = { engine: true, inApp: false, picker: true, worker: true };
const MIB = 2 ** 20;

describe("the way a file is saved", () => {
  const way = (
    can: Partial<Capabilities>,
    what: { class?: "managed" | "sealed" | "plain"; size?: number; compatible?: boolean } = {},
  ): string => {
    const { kind, because } = saveWay({ class: "managed", size: MIB, compatible: true, ...what }, { ...ALL, ...can });
    return `${kind}: ${because}`;
  };

  it("is the browser's own list for what is usual, and a place of one's own for what is large", () => {
    expect(way({})).toBe("worker: usual");
    expect(way({}, { size: PICKER_FROM })).toBe("picker: large");
    expect(way({ picker: false }, { size: 80e9 })).toBe("worker: usual");
    expect(way({ worker: false })).toBe("picker: no_worker");
  });

  it("is memory only for what is small", () => {
    const poor = { picker: false, worker: false };
    expect(way(poor, { size: MEMORY_LIMIT })).toBe("memory: small");
    expect(way(poor, { size: MEMORY_LIMIT + 1 })).toBe("compatible: no_worker");
    expect(way(poor, { size: MEMORY_LIMIT + 1, compatible: false })).toBe("none: no_worker");
  });

  it("is never the server where a transfer is sealed", () => {
    expect(way({ inApp: true })).toBe("compatible: in_app");
    expect(way({ inApp: true }, { class: "sealed" })).toBe("memory: small");
    expect(way({ inApp: true }, { class: "sealed", size: 1e9 })).toBe("none: sealed");
    expect(way({ engine: false })).toBe("compatible: old");
    expect(way({ engine: false }, { class: "sealed" })).toBe("none: sealed");
  });
});

describe("a pause", () => {
  class FakeLine extends EventTarget {
    readonly navigator = { onLine: true };
  }

  /** Each sleep lasts until it is told to end. */
  function world(): { line: FakeLine; slept: number[]; end: () => void; clock: Clock } {
    const line = new FakeLine();
    const slept: number[] = [];
    let wake: () => void = () => undefined;
    const clock: Clock = {
      now: () => 0,
      sleep: (ms, signal) => {
        slept.push(ms);
        return new Promise((resolve) => {
          wake = resolve;
          signal?.addEventListener("abort", () => resolve());
        });
      },
    };
    return { line, slept, end: () => wake(), clock: lineClock(clock, line as Line) };
  }

  it("ends when the line is back", async () => {
    const { line, slept, clock } = world();
    const pause = clock.sleep(30_000);
    line.dispatchEvent(new Event("online"));
    await pause;
    expect(slept).toEqual([30_000]);
  });

  it("lasts while there is no line, and not for ever", async () => {
    const { line, slept, end, clock } = world();
    line.navigator.onLine = false;
    const pause = clock.sleep(100);
    end();
    await vi.waitFor(() => expect(slept).toEqual([100, 300_000]));
    line.dispatchEvent(new Event("online"));
    await pause;
  });

  it("ends when it is told to", async () => {
    const { line, clock } = world();
    line.navigator.onLine = false;
    const stop = new AbortController();
    const pause = clock.sleep(100, stop.signal);
    stop.abort();
    await pause;
  });
});

describe("a script beside the page", () => {
  it("is one of its own built files", () => {
    vi.stubGlobal("location", new URL("https://files.example/l"));
    const made: string[] = [];
    const createPolicy = (name: string, rules: { createScriptURL: (url: string) => string }): typeof rules => {
      made.push(name);
      return rules;
    };
    vi.stubGlobal("trustedTypes", { createPolicy });
    expect(scriptUrl("/sw.js")).toBe("https://files.example/sw.js");
    expect(scriptUrl("/assets/crypto_worker-a1_B.js")).toBe("https://files.example/assets/crypto_worker-a1_B.js");
    const others = [
      "https://evil.example/sw.js",
      "//evil.example/assets/a.js",
      "/blobs/a.js",
      "/assets/../sw.txt",
      "data:text/javascript,1",
      "/assets/a.js/b",
    ];
    for (const other of others) expect(() => scriptUrl(other)).toThrow(TypeError);
    expect(made).toEqual(["fumibako-worker"]);
  });
});

describe("records in memory", () => {
  it("are held by one, and gone when they are removed", async () => {
    const journals = memoryJournals();
    const first = await journals.open("a");
    await first.append([{ k: 1 }]);
    await expect(journals.open("a")).rejects.toMatchObject({ code: "upload_running" });
    await first.close();
    expect(await journals.names()).toEqual(["a"]);
    const again = await journals.open("a");
    expect(again.entries).toEqual([{ k: 1 }]);
    await again.remove();
    expect(await journals.names()).toEqual([]);
    expect((await journals.open("a")).entries).toEqual([]);
  });

  it("can be looked at while they are held, and tell when they are not any more", async () => {
    const journals = memoryJournals();
    const file = await journals.open("a");
    await file.append([{ k: 1 }]);
    expect(await journals.look("a")).toEqual({ entries: [{ k: 1 }], held: true });
    const told: string[] = [];
    const ending = new AbortController();
    const never = new AbortController();
    const waiting = [
      journals.released("a", ending.signal).then(() => told.push("aborted")),
      journals.released("a", never.signal).then(() => told.push("released")),
    ];
    ending.abort();
    await waiting[0];
    expect(told).toEqual(["aborted"]);
    await file.close();
    await Promise.all(waiting);
    expect(told).toEqual(["aborted", "released"]);
    expect(await journals.look("a")).toEqual({ entries: [{ k: 1 }], held: false });
    await journals.released("a", never.signal);
    expect(await journals.look("absent")).toEqual({ entries: [], held: false });
  });
});

describe("what a browser says when it can't write", () => {
  const named = (name: string): Error => Object.assign(new Error("of a path"), { name });

  it.each([
    ["QuotaExceededError", "disk_full"],
    ["NotAllowedError", "save_refused"],
    ["AbortError", "save_refused"],
    ["InvalidStateError", "save_failed"],
  ])("%s is %s, and its text goes nowhere", (name, code) => {
    const failure = saveFailure(named(name));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain("path");
  });

  it("a write that is dropped without a word was refused by nobody", () => {
    expect(writeFailure(named("AbortError")).code).toBe("save_failed");
    expect(writeFailure(named("NotAllowedError")).code).toBe("save_refused");
    expect(writeFailure(named("QuotaExceededError")).code).toBe("disk_full");
  });
});
