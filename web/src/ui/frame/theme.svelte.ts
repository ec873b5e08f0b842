/** Light or dark: as the system has it, or as the reader chose here. */

import { keep, kept } from "./kept";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

let chosen = $state<Theme>("auto");

/** What the reader chose. */
export function theme(): Theme {
  return chosen;
}

/** Called once by each entry, before anything is drawn. */
export function beginTheme(): void {
  const found = kept("theme");
  chosen = THEMES.find((one) => one === found) ?? "auto";
  apply();
}

/** Chooses and keeps it. */
export function chooseTheme(next: Theme): void {
  chosen = next;
  keep("theme", next === "auto" ? null : next);
  apply();
}

function apply(): void {
  const root = document.documentElement;
  if (chosen === "auto") delete root.dataset["theme"];
  else root.dataset["theme"] = chosen;
}
