/** Paths of screens: which one an address means, and the address of one. Fixed steps win over parameters. */

import type { ScreenLine } from "./screens";

/** What an address means. */
export interface Found {
  readonly screen: ScreenLine;
  readonly params: Readonly<Record<string, string>>;
}

/** The screen of a path without query and fragment; null where there is none. */
export function findScreen(screens: readonly ScreenLine[], path: string): Found | null {
  const steps = stepsOf(path);
  let best: Found | null = null;
  for (const screen of screens) {
    const params = paramsIn(stepsOf(screen.path), steps);
    if (params === null) continue;
    if (best === null || Object.keys(params).length < Object.keys(best.params).length) best = { screen, params };
  }
  return best;
}

/** The path of a screen with its parameters; throws where one is missing. */
export function pathOf(screen: ScreenLine, params: Readonly<Record<string, string>> = {}): string {
  return screen.path.replaceAll(/:([a-z]+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === "") throw new Error(`${screen.name} needs ${name}`);
    return encodeURIComponent(value);
  });
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "");
}

function paramsIn(pattern: readonly string[], steps: readonly string[]): Record<string, string> | null {
  if (pattern.length !== steps.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const step = steps[index] ?? "";
    if (expected.startsWith(":")) {
      const value = decoded(step);
      if (value === null) return null;
      params[expected.slice(1)] = value;
    } else if (expected !== step) return null;
  }
  return params;
}

function decoded(step: string): string | null {
  try {
    return decodeURIComponent(step);
  } catch {
    return null;
  }
}
