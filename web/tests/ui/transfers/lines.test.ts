import { describe, expect, it } from "vitest";
import { keepList, keptList, listName } from "../../../src/ui/transfers/kept_lists";
import { Lines } from "../../../src/ui/transfers/lines.svelte";

interface Item {
  readonly id: string;
}
type Asked = { items: Item[]; next: string | null };

const items = (...numbers: number[]): Item[] => numbers.map((number) => ({ id: `tr_${number}` }));

/** Pages by cursor; "" is the first. What is asked is written down. */
function book(pages: Record<string, Asked | Error>) {
  const asked: string[] = [];
  const ask = async (cursor: string | null): Promise<Asked> => {
    asked.push(cursor ?? "");
    const page = pages[cursor ?? ""];
    if (page === undefined || page instanceof Error) throw page ?? new Error("no such page");
    return page;
  };
  return { asked, lines: new Lines<Item>(ask), pages };
}

describe("a list read page by page", () => {
  it("shows the first page, then more, and ends", async () => {
    const { lines, asked } = book({ "": { items: items(9, 8), next: "b" }, b: { items: items(7), next: null } });
    expect(lines.loading).toBe(true);
    await lines.open();
    expect(lines.loading).toBe(false);
    await lines.more();
    await lines.more();
    expect(lines.gathered).toEqual({ items: items(9, 8, 7), next: null });
    expect(asked).toEqual(["", "b"]);
  });

  it("looks through some empty pages by itself, and then leaves it to the person", async () => {
    const empty = (next: string): Asked => ({ items: [], next });
    const { lines, asked } = book({
      "": empty("b"),
      b: empty("c"),
      c: empty("d"),
      d: empty("e"),
      e: { items: items(1), next: null },
    });
    await lines.open();
    expect(lines.gathered).toEqual({ items: [], next: "e" });
    expect(asked).toHaveLength(4);
    await lines.more();
    expect(lines.gathered.items).toEqual(items(1));
  });

  it("keeps what it has when a page fails, and goes on from there", async () => {
    const { lines, pages } = book({ "": { items: items(9), next: "b" }, b: new Error("away") });
    await lines.open();
    await lines.more();
    expect(lines.error).toBeInstanceOf(Error);
    expect(lines.gathered.items).toEqual(items(9));
    pages["b"] = { items: items(8), next: null };
    await lines.more();
    expect([lines.error, lines.gathered.items]).toEqual([null, items(9, 8)]);
  });

  it("drops what an earlier run brings late", async () => {
    let late: (page: Asked) => void = () => undefined;
    const first = (): Promise<Asked> =>
      new Promise((resolve) => {
        late = resolve;
      });
    const lines = new Lines<Item>(first);
    const slow = lines.open();
    await lines.open(async () => ({ items: items(5), next: null }));
    late({ items: items(1), next: "old" });
    await slow;
    expect(lines.gathered).toEqual({ items: items(5), next: null });
    expect(lines.loading).toBe(false);
  });

  it("tells whether looking again found something new", async () => {
    const { lines, pages } = book({ "": { items: items(2, 1), next: null } });
    await lines.open();
    expect(await lines.refresh()).toBe(false);
    pages[""] = { items: items(3, 2, 1), next: null };
    expect(await lines.refresh()).toBe(true);
    expect(lines.gathered.items).toEqual(items(3, 2, 1));
  });
});

describe("lists that are kept for the way back", () => {
  it("belong to one member, one screen and one query", () => {
    const mine = listName("mb_1", "sent", { q: "a", state: "ready" });
    expect(listName("mb_1", "sent", { state: "ready", q: "a" })).toBe(mine);
    for (const other of [
      listName("mb_2", "sent", { q: "a", state: "ready" }),
      listName("mb_1", "all", { q: "a", state: "ready" }),
    ]) {
      expect(other).not.toBe(mine);
    }
    keepList(mine, { items: items(1), next: "c" });
    expect(keptList(mine)).toEqual({ items: items(1), next: "c" });
    expect(keptList(listName("mb_2", "sent", { q: "a", state: "ready" }))).toBeNull();
  });

  it("are few: the oldest go", () => {
    for (let number = 0; number < 7; number += 1) keepList(`list ${number}`, { items: [], next: null });
    expect(keptList("list 0")).toBeNull();
    expect(keptList("list 6")).not.toBeNull();
  });
});
