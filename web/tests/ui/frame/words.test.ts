/** The page's catalogue: whole in both languages, used, and fit for guests. */

import { describe, expect, it } from "vitest";

type Texts = Readonly<Record<string, string>>;

const FILES = import.meta.glob<Texts>("../../../../chalicelib/catalogue/page/*.json", {
  eager: true,
  import: "default",
});
const SOURCES = import.meta.glob<string>("../../../src/ui/**/*.{ts,svelte}", {
  eager: true,
  import: "default",
  query: "?raw",
});
const CODE = Object.values(SOURCES).join("\n");
const AREAS = [
  ...new Set(Object.keys(FILES).map((path) => /([a-z_]+)\.(?:ja|en)\.json$/.exec(path)?.[1] ?? "")),
].sort();
// What a guest never has to learn.
const JARGON = /token|\bclass\b|decrypt|encrypt|session|ワンタイム|復号|暗号|トークン|クラス|セッション/i;
const SEEN_BY_GUESTS = ["frame", "guest", "guest_request", "preview"];

const textsOf = (area: string, language: string): Texts =>
  Object.entries(FILES).find(([path]) => path.endsWith(`/${area}.${language}.json`))?.[1] ?? {};
const withoutPlural = (key: string): string => key.replace(/_(?:one|other)$/, "");
const keysOf = (texts: Texts): string[] => [...new Set(Object.keys(texts).map(withoutPlural))].sort();
const namesIn = (text: string): string[] => [...new Set(text.match(/\{[a-z_]+\}/g) ?? [])].sort();

/** Keys that the code names whole, and beginnings of those that it puts together. */
const literal = new Set([...CODE.matchAll(/["'`]([a-z_]+\.[a-z0-9_]+)["'`]/g)].map((match) => match[1]));
const prefixes = [...CODE.matchAll(/`([a-z_]+\.[a-z0-9_]*)\$\{/g)].map((match) => match[1] ?? "");

describe.each(AREAS)("the words of %s", (area) => {
  const ja = textsOf(area, "ja");
  const en = textsOf(area, "en");

  it("are the same in both languages, down to what is filled in", () => {
    expect(keysOf(ja)).toEqual(keysOf(en));
    for (const [key, text] of Object.entries(ja)) {
      const other = en[key] ?? en[`${withoutPlural(key)}_other`] ?? "";
      expect(namesIn(text), key).toEqual(namesIn(other));
    }
  });

  it("have both plurals in English, and none of them is empty", () => {
    const keys = Object.keys(en);
    const plural = keys.filter((key) => key.endsWith("_other") && en[key]?.includes("{count}"));
    for (const key of plural) expect(keys).toContain(`${withoutPlural(key)}_one`);
    for (const text of [...Object.values(ja), ...Object.values(en)]) expect(text.trim()).not.toBe("");
  });

  it("are all used", () => {
    const unused = keysOf(en).filter((key) => {
      const name = `${area}.${key}`;
      return !literal.has(name) && !prefixes.some((prefix) => name.startsWith(prefix));
    });
    expect(unused).toEqual([]);
  });
});

describe("what the code asks for", () => {
  it("is there", () => {
    const known = new Set(
      AREAS.flatMap((area) =>
        Object.keys(textsOf(area, "en")).flatMap((key) => [`${area}.${key}`, `${area}.${withoutPlural(key)}`]),
      ),
    );
    const asked = [...CODE.matchAll(/\bt\(\s*["'`]([a-z_]+\.[a-z0-9_]+)["'`]/g)].map((match) => match[1] ?? "");
    expect(asked.length).toBeGreaterThan(50);
    expect([...new Set(asked.filter((key) => !known.has(key)))]).toEqual([]);
    const begun = [...CODE.matchAll(/\bt\(\s*`([a-z_]+\.[a-z0-9_]*)\$\{/g)].map((match) => match[1] ?? "");
    expect(begun.filter((prefix) => ![...known].some((key) => key.startsWith(prefix)))).toEqual([]);
  });
});

describe.each(SEEN_BY_GUESTS)("the words of %s", (area) => {
  it.each(["ja", "en"])("say nothing of how it works inside (%s)", (language) => {
    const wrong = Object.entries(textsOf(area, language)).filter(([, text]) => JARGON.test(text));
    expect(wrong).toEqual([]);
  });
});
