/** Habits of the house that a machine can check. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Failure, Refused } from "../../src/engine";
import { ENGINE_CODES } from "../../src/engine/failures";
import { FORMAT_CODES } from "../../src/engine/format/errors";
import { describe as told } from "../../src/engine/messages";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const text = (name: string): string => readFileSync(SRC + name, "utf8");

describe("every file", () => {
  it.each(FILES)("%s is small, says what it is, and keeps to its room", (name) => {
    const content = text(name);
    expect(content.split("\n").length).toBeLessThanOrEqual(240);
    expect(name).not.toMatch(/manager|helper|util|common/);
    expect(content).toMatch(/^\/\*\*/);
    if (!name.startsWith("engine/")) return;
    const imported = [...content.matchAll(/(?:from|import\() ?"([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(imported.filter((one) => !one.startsWith(".") && one !== "hash-wasm")).toEqual([]);
    expect(imported.filter((one) => one.includes("/edges/"))).toEqual([]);
    // What a window has and a worker has not, and what tests exchange.
    expect(content).not.toMatch(/\b(?:document|window|localStorage|navigator|indexedDB)\b\./);
    expect(content).not.toMatch(/(?<!async |[.\w])fetch\(|\b(?:Date\.now|Math\.random|setTimeout|console\.)/);
  });
});

describe("every failure", () => {
  // What guests are never shown, because it says nothing to them.
  const jargon = /token|class|decrypt|encrypt|トークン|ワンタイム|復号|暗号/i;

  it.each([...ENGINE_CODES, ...FORMAT_CODES])("%s has words and a next step in both languages", (code) => {
    for (const language of ["ja", "en"] as const) {
      const { title, hint, code: kept } = told(new Failure(code), language);
      expect(kept).toBe(code);
      for (const sentence of [title, hint]) {
        expect(sentence).toMatch(language === "ja" ? /。$/ : /\.$/);
        expect(sentence).not.toMatch(jargon);
      }
    }
  });

  it("of the server keeps the server's words", () => {
    const refused = new Refused(409, { code: "x", title: "T", hint: "H" }, null);
    expect(told(refused, "ja")).toEqual({ code: "x", title: "T", hint: "H" });
    expect(told(new Error("secret"), "en").code).toBe("page_fault");
    expect(JSON.stringify(told(new Error("secret"), "en"))).not.toContain("secret");
  });
});
