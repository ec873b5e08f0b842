import { describe, expect, it } from "vitest";
import { appended, type Gathered, refreshed, replaced } from "../../../src/ui/transfers/gathering";

interface Item {
  readonly id: string;
  readonly state?: string;
}
/** Ids sort by their age: "tr_9" is newer than "tr_1". */
const list = (ids: string, next: string | null = null): Gathered<Item> => ({
  items: [...ids].map((id) => ({ id: `tr_${id}` })),
  next,
});
const ids = ({ items }: Gathered<Item>) => items.map(({ id }) => id.slice(3)).join("");

describe("a list that grows", () => {
  it("takes the next page, and no line twice", () => {
    const grown = appended(list("987", "c"), list("76", "d"));
    expect([ids(grown), grown.next]).toEqual(["9876", "d"]);
  });

  it("puts one line in the place of what it was", () => {
    const changed = replaced(list("321"), { id: "tr_2", state: "ready" });
    expect(changed.items[1]).toEqual({ id: "tr_2", state: "ready" });
    expect(ids(changed)).toBe("321");
  });
});

describe("a list that is looked at again", () => {
  it("has new lines on top and keeps what was read further down", () => {
    const now = refreshed(list("7654321", "deep"), list("987", "shallow"));
    expect([ids(now), now.next]).toEqual(["987654321", "deep"]);
  });

  it("loses a line that no longer fits", () => {
    expect(ids(refreshed(list("87654", "deep"), list("865", "shallow")))).toBe("8654");
  });

  it("shows what a line has become", () => {
    const first: Gathered<Item> = { items: [{ id: "tr_3", state: "ready" }, { id: "tr_2" }], next: "c" };
    expect(refreshed(list("321"), first).items[0]).toEqual({ id: "tr_3", state: "ready" });
  });

  it("is the page alone where that is all there is", () => {
    expect(ids(refreshed(list("54321", "deep"), list("54")))).toBe("54");
  });

  it("goes on behind the page where nothing reaches further down", () => {
    expect(refreshed(list("65", "old"), list("876", "c"))).toMatchObject({ next: "old" });
    expect(refreshed(list("76", "old"), list("765", "c"))).toMatchObject({ next: "c" });
  });

  it("begins anew rather than leave a gap", () => {
    const now = refreshed(list("321", "deep"), list("987", "c"));
    expect([ids(now), now.next]).toEqual(["987", "c"]);
  });

  it("learns nothing from an empty page that goes on", () => {
    expect(ids(refreshed(list("321", "deep"), list("", "c")))).toBe("321");
  });
});
