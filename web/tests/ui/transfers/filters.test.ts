import { describe, expect, it } from "vitest";
import { asked, isNarrowed, narrowedBy, readFilters, writeFilters } from "../../../src/ui/transfers/filters";

const read = (query: string, box: "sent" | "received" = "sent") => readFilters(new URLSearchParams(query), box);

describe("filters in the page's address", () => {
  it("are read and written the same", () => {
    const query = "q=%E8%A6%8B%E7%A9%8D&state=ready&class=sealed&recipient=a%40b.example&from=2026-01-31&to=2026-02-01";
    expect(writeFilters(read(query), "sent").toString()).toBe(query);
    expect(writeFilters(read(`${query}&box=all`), "sent").get("box")).toBe("all");
  });

  it("say nothing where nothing is narrowed", () => {
    expect(writeFilters(read(""), "sent").toString()).toBe("");
    expect(isNarrowed(read("q=%20"))).toBe(false);
    expect(isNarrowed(read("box=all"))).toBe(false);
    expect(isNarrowed(read("state=held"))).toBe(true);
    expect(narrowedBy(read("q=word&state=held&to=2026-01-01"))).toBe(2);
  });

  it("are left out where they mean nothing", () => {
    const wrong = read("box=mine&state=gone&class=best&from=2026-02-30&to=tomorrow");
    expect(writeFilters(wrong, "sent").toString()).toBe("");
    expect(read(`q=${"x".repeat(1000)}`).q).toHaveLength(200);
  });
});

describe("what the API is asked", () => {
  it("has no empty parameter, and no space around words", () => {
    expect(asked(read("q=%20word%20"))).toEqual({ box: "sent", q: "word" });
    expect(asked(read("", "received"))).toEqual({ box: "received" });
  });

  it("takes days as the reader's own, the last one included", () => {
    const { from, to } = asked(read("from=2026-01-31&to=2026-01-31"));
    expect(new Date(from ?? "").getTime()).toBe(new Date(2026, 0, 31).getTime());
    expect(new Date(to ?? "").getTime()).toBe(new Date(2026, 1, 1).getTime());
  });
});
