import { describe, expect, it } from "vitest";
import { failure, Refused } from "../../../src/engine/failures";
import { wholeCode } from "../../../src/ui/guest/code_input";
import { endedBy } from "../../../src/ui/guest/ended";
import { foldersOf, zipName } from "../../../src/ui/guest/file_tree";

describe("a code", () => {
  it.each([
    ["12345678", "12345678"],
    [" 1234-5678\n", "12345678"],
    ["１２３４５６７８", "12345678"],
    ["確認コード: 1234 5678 です。10分以内に入力してください。", "12345678"],
    ["Code: 12345678 (valid for 10 minutes)", "12345678"],
    ["1234567", null],
    ["123456789", null],
    ["", null],
    ["12345678 or 87654321", null],
  ])("%j is %j", (typed, code) => {
    expect(wholeCode(typed)).toBe(code);
  });
});

describe("an end", () => {
  const gone = (code: string, why?: string): Refused =>
    new Refused(410, { code, errors: why === undefined ? [] : [{ pointer: "", code: why, detail: "" }] }, null);

  it.each([
    [gone("gone", "expired"), "expired"],
    [gone("gone", "revoked"), "revoked"],
    [gone("gone", "exhausted"), "exhausted"],
    [gone("gone", "infected"), "gone"],
    [gone("gone"), "gone"],
    [gone("key_gone"), "gone"],
    [gone("downloads_spent"), "exhausted"],
    [gone("not_found"), "absent"],
    [failure("gone"), "gone"],
    [failure("network"), null],
    [new Error("gone"), null],
  ])("%#", (error, why) => {
    expect(endedBy(error)).toBe(why);
  });
});

describe("a list of files", () => {
  const file = (name: string | null, id: string) => ({ id, name, size: 1, left: null });
  const nameless = (number: number): string => `File ${number}`;

  it("stands in folders", () => {
    const files = [file("a.txt", "1"), file("図/b.txt", "2"), file(null, "3"), file("図/深/c", "4"), file("図/d", "5")];
    const folders = foldersOf(files, nameless);
    expect(folders.map(({ folder, files: inside }) => [folder, inside.map(({ base }) => base)])).toEqual([
      ["", ["a.txt", "File 3"]],
      ["図", ["b.txt", "d"]],
      ["図/深", ["c"]],
    ]);
  });

  it.each([
    [undefined, "files.zip"],
    ["", "files.zip"],
    ["見積書 2026年", "見積書 2026年.zip"],
    ["../a\\b:c\u202e.exe\n", ".. a b c .exe.zip"],
    ["x".repeat(300), `${"x".repeat(60)}.zip`],
    [" ... ", "files.zip"],
  ])("of the title %j is the zip %j", (title, name) => {
    expect(zipName(title, "files")).toBe(name);
  });
});
