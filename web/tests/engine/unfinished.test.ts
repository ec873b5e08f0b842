import { describe, expect, it } from "vitest";
import { forget, type Unfinished, unfinished, watchUnfinished } from "../../src/engine";
import { Journal } from "../../src/engine/upload/journal";
import { FakeJournals } from "../support/fake_world";

const start = {
  k: "start",
  v: 1,
  key: "k",
  begun: 5,
  origin: "https://files.acme.example",
  class: "managed",
  fields: {},
  files: [{ name: "a.txt", size: 3 }],
  transfer_key: null,
} as const;

/** A record somebody holds, as an upload does. */
async function begun(store: FakeJournals, name: string): Promise<Journal> {
  const journal = await Journal.open(store, name);
  await journal.begin(start);
  return journal;
}

const shown = (all: readonly Unfinished[]): string[] => all.map(({ journal, held }) => `${journal} ${held}`);

describe("what was begun and not finished", () => {
  it("is told with its beginning, whoever holds it, and nobody is kept from it", async () => {
    const store = new FakeJournals();
    await (await begun(store, "left")).close();
    const mine = await begun(store, "mine");
    await mine.keepCreated({ id: "tr_1", files: [] }, new Map());
    expect(await unfinished(store)).toEqual([
      { journal: "left", start, transfer: null, held: false },
      { journal: "mine", start, transfer: "tr_1", held: true },
    ]);
    await expect(Journal.open(store, "mine")).rejects.toMatchObject({ code: "upload_running" });
    await mine.close();
    expect((await Journal.open(store, "mine")).created).toHaveLength(1);
  });

  it("leaves out what says nothing", async () => {
    const store = new FakeJournals();
    store.kept.set("empty", []);
    store.kept.set("newer", [JSON.stringify({ ...start, v: 2 })]);
    expect(await unfinished(store)).toEqual([]);
  });

  it("is told once more when one that was held is let go of, and when it is finished", async () => {
    const store = new FakeJournals();
    const [one, other] = [await begun(store, "one"), await begun(store, "other")];
    const seen: string[][] = [];
    for await (const all of watchUnfinished(store, new AbortController().signal)) {
      seen.push(shown(all));
      if (seen.length === 1) setImmediate(() => void one.close());
      if (seen.length === 2) setImmediate(() => void other.finish());
    }
    expect(seen).toEqual([["one true", "other true"], ["one false", "other true"], ["one false"]]);
  });

  it("is not waited for any longer than somebody looks", async () => {
    const store = new FakeJournals();
    await begun(store, "one");
    const ending = new AbortController();
    const seen: string[][] = [];
    for await (const all of watchUnfinished(store, ending.signal)) {
      seen.push(shown(all));
      setImmediate(() => ending.abort());
    }
    expect(seen).toEqual([["one true"]]);
  });

  it("can be forgotten, unless it is held", async () => {
    const store = new FakeJournals();
    const one = await begun(store, "one");
    await expect(forget(store, "one")).rejects.toMatchObject({ code: "upload_running" });
    await one.close();
    await forget(store, "one");
    expect(await unfinished(store)).toEqual([]);
  });
});
