/** Habits of the page that a machine can check: small files, no markup out of data, nothing of another host. */

import { describe, expect, it } from "vitest";
import { SCREENS } from "../../../src/ui/frame/screens";

const SOURCES = import.meta.glob<string>("../../../src/ui/**/*.{ts,svelte}", {
  eager: true,
  import: "default",
  query: "?raw",
});
const STYLES = import.meta.glob<string>("../../../src/ui/**/*.css", { eager: true, import: "default", query: "?raw" });
const shortName = (path: string): string => path.slice(path.indexOf("src/ui/") + "src/ui/".length);
const files = Object.entries(SOURCES).map(([path, text]) => ({ name: shortName(path), text }));

describe("every file of the page", () => {
  it.each(files)("$name is small and named for what it holds", ({ name, text }) => {
    expect(text.split("\n").length).toBeLessThanOrEqual(240);
    expect(name).not.toMatch(/manager|helper|util|common/i);
  });

  it.each(files)("$name makes no markup out of text, and styles nothing inline", ({ text }) => {
    expect(text).not.toMatch(/\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc/);
    expect(text).not.toMatch(/\sstyle=["{]/);
    expect(text).not.toMatch(/\b(?:eval|Function)\(/);
    expect(text).not.toMatch(/\bconsole\./);
  });

  it.each(files)("$name knows no other host", ({ text }) => {
    const addresses = text.match(/["'`(](?:https?:)?\/\/[a-z0-9][^\s"'`)]*/gi) ?? [];
    expect(addresses).toEqual([]);
  });

  it("takes colours and sizes of text from the tokens", () => {
    for (const [path, text] of Object.entries(STYLES)) {
      // What the preview's own document shows has its own origin and no tokens.
      if (path.endsWith("/tokens.css") || path.includes("/preview/")) continue;
      const own = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").match(/font-size:\s*[\d.]+(?:px|rem)/g) ?? [];
      expect(own, path).toEqual([]);
    }
  });
});

describe("every screen", () => {
  it.each(SCREENS)("$name has its file, and a path that no service has", ({ file, path }) => {
    expect(files.map(({ name }) => name)).toContain(file);
    expect(path).not.toMatch(/^\/(?:auth|blobs|fetch|notifications|reporting|assets|save|p)(?:\/|$)|^\/transfers\/v1/);
  });

  it("has a name and a path of its own", () => {
    expect(new Set(SCREENS.map(({ name }) => name)).size).toBe(SCREENS.length);
    expect(new Set(SCREENS.map(({ path }) => path)).size).toBe(SCREENS.length);
  });
});
