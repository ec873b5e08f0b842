/**
 * Words in the reader's language. Texts are loaded by area and language from chalicelib/catalogue/page, so that a guest
 * loads nothing of what members see. `t` is reactive: a change of the language redraws what is shown.
 */

import type { Language } from "../../engine/messages";
import { keep, kept } from "./kept";

export type { Language } from "../../engine/messages";

type Texts = Readonly<Record<string, string>>;
export type Values = Readonly<Record<string, string | number>>;
/** Loads one file of the catalogue; the keys end in `/<area>.<language>.json`. */
export type WordFiles = Readonly<Record<string, () => Promise<unknown>>>;

const PLACEHOLDER = /\{([a-z_]+)\}/g;

let files: WordFiles = {};
let current = $state<Language>("ja");
let texts = $state.raw<Texts>({});
const areas = new Set<string>();

/** Called once by each entry, with the files that it may need. */
export function beginWords(source: WordFiles): void {
  files = source;
  current = startingLanguage();
  document.documentElement.lang = current;
}

/** The language that is shown. */
export function language(): Language {
  return current;
}

/** Loads areas in the language that is shown; what is there already costs nothing. */
export async function loadWords(...wanted: readonly string[]): Promise<void> {
  const missing = wanted.filter((area) => !areas.has(area));
  if (missing.length === 0) return;
  const asked = current;
  const found = await textsOf(missing, asked);
  if (asked !== current) return loadWords(...wanted);
  for (const area of missing) areas.add(area);
  texts = { ...texts, ...found };
}

/** Shows another language from now on, and keeps the choice in this browser. */
export async function chooseLanguage(chosen: Language): Promise<void> {
  keep("language", chosen);
  await showLanguage(chosen);
}

/** Shows a language that fits better (that of a mail), unless the reader has chosen one here. */
export async function preferLanguage(better: string): Promise<void> {
  if (kept("language") === null && (better === "ja" || better === "en")) await showLanguage(better);
}

async function showLanguage(chosen: Language): Promise<void> {
  if (chosen === current) return;
  const found = await textsOf([...areas], chosen);
  current = chosen;
  texts = found;
  document.documentElement.lang = chosen;
}

/**
 * The text of `<area>.<name>`. `{name}` in it is replaced; numbers are written in the reader's way. With `count`, the key
 * with `_one` or `_other` behind it is taken where there is one (CLDR's plural categories).
 */
export function t(key: string, values: Values = {}): string {
  const text = texts[key] ?? texts[`${key}_${pluralOf(values["count"])}`] ?? texts[`${key}_other`];
  if (text === undefined) return key;
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(current).format(value) : value;
  });
}

function pluralOf(count: string | number | undefined): string {
  return typeof count === "number" ? new Intl.PluralRules(current).select(count) : "other";
}

async function textsOf(wanted: readonly string[], inLanguage: Language): Promise<Texts> {
  const loaded = await Promise.all(wanted.map((area) => areaTexts(area, inLanguage)));
  return Object.assign({}, ...loaded) as Texts;
}

async function areaTexts(area: string, inLanguage: Language): Promise<Texts> {
  const name = Object.keys(files).find((path) => path.endsWith(`/${area}.${inLanguage}.json`));
  const load = name === undefined ? undefined : files[name];
  if (load === undefined) throw new Error(`no words of ${area}`);
  const module = (await load()) as { default: Texts };
  return Object.fromEntries(Object.entries(module.default).map(([key, text]) => [`${area}.${key}`, text]));
}

function startingLanguage(): Language {
  const chosen = [kept("language") ?? "", ...navigator.languages].map((one) => one.slice(0, 2));
  const known = chosen.find((one) => one === "ja" || one === "en");
  return known === "ja" ? "ja" : "en";
}
