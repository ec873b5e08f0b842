import { describe, expect, it } from "vitest";
import en from "../../../../chalicelib/catalogue/page/requests.en.json";
import {
  bodyOf,
  countOf,
  emptyDraft,
  fieldAt,
  partsOf,
  problemsOf,
  sizeOf,
  type Typed,
} from "../../../src/ui/requests/draft";

const filled = (more: Partial<Typed> = {}): Typed => ({
  ...emptyDraft("ja"),
  title: " Tender ",
  addresses: [{ email: "a@b.example", name: "Ken" }],
  ...more,
});
const wrong = (draft: Typed) => problemsOf(draft).map(({ field, words }) => `${field} ${words}`);

describe("what is typed", () => {
  it("may be full-width, and in any order of separators", () => {
    expect(countOf("１２")).toBe(12);
    expect(countOf("1,000")).toBe(1000);
    expect(sizeOf("２.５", "GB")).toBe(2_500_000_000);
    expect(sizeOf("10", "MB")).toBe(10_000_000);
    expect(partsOf(" a.example、b.example\nb.example ,c.example")).toEqual(["a.example", "b.example", "c.example"]);
  });

  it("is no number where it is none", () => {
    for (const text of ["", "0", "-1", "1.5", "many", "1e3"]) expect(countOf(text), text).toBeNull();
    for (const text of ["", "0", "-1", "1.2345", "big"]) expect(sizeOf(text, "GB"), text).toBeNull();
  });
});

describe("a draft", () => {
  it("lacks a title and somebody to ask at first", () => {
    expect(wrong(emptyDraft("en"))).toEqual(["title title_missing", "addresses addresses_missing"]);
    expect(problemsOf(filled())).toEqual([]);
  });

  it("is told what is wrong in words that exist", () => {
    const bad = filled({ title: "x".repeat(201), message: "x".repeat(4001), maxFiles: "many", maxSize: "0" });
    expect(wrong(bad)).toEqual([
      "title title_long",
      "message message_long",
      "maxFiles count_wrong",
      "maxSize size_wrong",
    ]);
    const domains = filled({ audience: "domains", domains: "partner.example not-a-domain" });
    expect(problemsOf(domains)).toEqual([{ field: "domains", words: "domains_wrong", what: "not-a-domain" }]);
    for (const { words } of [...problemsOf(bad), ...problemsOf(domains)]) expect(en).toHaveProperty(words);
  });

  it("asks addresses, domains or anybody, never two of them", () => {
    expect(bodyOf(filled({ domains: "x.example" }))).toEqual({
      title: "Tender",
      recipients: [{ email: "a@b.example", name: "Ken" }],
      proof: "code",
      language: "ja",
    });
    const domains = bodyOf(filled({ audience: "domains", domains: "@Partner.example", proof: "link" }));
    expect(domains).toMatchObject({ domains: ["Partner.example"], proof: "code" });
    expect(domains).not.toHaveProperty("recipients");
    expect(bodyOf(filled({ audience: "anyone", proof: "link" }))).toEqual({
      title: "Tender",
      proof: "link",
      language: "ja",
    });
  });

  it("carries limits and a time only where they were given", () => {
    const body = bodyOf(
      filled({ maxFiles: "3", maxSize: "1.5", sizeUnit: "MB", expiresAt: "2026-01-31T00:00:00.000Z" }),
    );
    expect(body).toMatchObject({ max_files: 3, max_bytes: 1_500_000, expires_at: "2026-01-31T00:00:00.000Z" });
  });

  it("knows the field that the server means", () => {
    expect(fieldAt("/recipients/3/email")).toBe("addresses");
    expect(fieldAt("/expires_in_minutes")).toBeNull();
  });
});
