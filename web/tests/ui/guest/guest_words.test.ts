import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const FOLDER = new URL("../../../../chalicelib/catalogue/page/", import.meta.url);
/** What a guest sees at any time. */
const AREAS = ["frame", "guest", "guest_request", "preview"];
/** Words of our trade, which say nothing to somebody who only wants a file. */
const TRADE = /token|class(?:\b|es)|decrypt|encrypt|session|cipher|ワンタイム|復号|暗号|トークン|クラス|セッション/i;

const textsOf = (area: string, language: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${area}.${language}.json`, FOLDER), "utf8"));

describe.each(AREAS)("the words of %s", (area) => {
  it.each(["ja", "en"])("in %s say nothing of our trade", (language) => {
    const found = Object.entries(textsOf(area, language)).filter(([, text]) => TRADE.test(text));
    expect(found).toEqual([]);
  });

  it("are the same in both languages, placeholders included", () => {
    const [ja, en] = [textsOf(area, "ja"), textsOf(area, "en")];
    expect(Object.keys(ja).sort()).toEqual(Object.keys(en).sort());
    const holes = (text: string): string[] => (text.match(/\{[a-z_]+\}/g) ?? []).sort();
    const differ = Object.keys(ja).filter((key) => String(holes(ja[key] ?? "")) !== String(holes(en[key] ?? "")));
    expect(differ).toEqual([]);
  });
});

describe("the words of sending that a guest sees", () => {
  /** Parts of the sending screen that stand on a guest's, too. */
  const LENT = [
    "FileGroups.svelte",
    "FilesPart.svelte",
    "SumsPart.svelte",
    "UploadProgress.svelte",
    "running.svelte.ts",
  ];
  const sources = LENT.map((name) => readFileSync(new URL(`../../../src/ui/send/${name}`, import.meta.url), "utf8"));
  // The rest of a key may be told by the program: every key that begins so is one of them.
  const asked = sources.flatMap((text) => [...text.matchAll(/["`]send\.([a-z_]+)/g)].map((match) => match[1] ?? ""));

  it.each(["ja", "en"])("in %s say nothing of our trade", (language) => {
    expect(asked.length).toBeGreaterThan(20);
    const seen = Object.entries(textsOf("send", language)).filter(([key]) => asked.some((one) => key.startsWith(one)));
    expect(seen.filter(([, text]) => TRADE.test(text))).toEqual([]);
  });
});
