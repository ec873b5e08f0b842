import { describe, expect, it } from "vitest";
import { decoded, TEXT_LIMIT } from "../../../src/ui/preview/frame/decoding";
import { showFile } from "../../../src/ui/preview/frame/show_file";
import { PREVIEW_LIMITS, previewOf } from "../../../src/ui/preview/kinds";
import { fromFrame } from "../../../src/ui/preview/messages";

describe("what can be looked at", () => {
  it.each([
    ["a.PNG", 1, "image"],
    ["a.svg", 1, "image"],
    ["a.pdf", PREVIEW_LIMITS.pdf, "pdf"],
    ["a.pdf", PREVIEW_LIMITS.pdf + 1, undefined],
    ["a.html", 1, "text"],
    ["見積.csv", 1, "text"],
    ["a.exe", 1, undefined],
    ["a", 1, undefined],
    ["png", 1, undefined],
    ["a.constructor", 1, undefined],
    ["a.txt", 0, undefined],
  ])("%s of %d bytes: %s", (name, size, kind) => {
    expect(previewOf({ name, size })?.kind).toBe(kind);
  });

  it("never shows a page as a page", () => {
    expect(previewOf({ name: "a.html", size: 1 })?.type).toBe("text/plain");
  });
});

describe("what the frame may say", () => {
  it.each([
    [{ is: "shown" }, { is: "shown" }],
    [{ is: "failed", more: "x" }, { is: "failed" }],
    [
      { is: "asset", number: 1, kind: "cmap", name: "90ms-RKSJ-H.bcmap" },
      { is: "asset", number: 1, kind: "cmap", name: "90ms-RKSJ-H.bcmap" },
    ],
    [{ is: "asset", number: 1, kind: "cmap", name: "../../index.html" }, null],
    [{ is: "asset", number: 1, kind: "page", name: "a" }, null],
    [{ is: "asset", number: "1", kind: "cmap", name: "a" }, null],
    [{ is: "navigate" }, null],
    [null, null],
    ["shown", null],
  ])("%o", (data, expected) => {
    expect(fromFrame(data)).toEqual(expected);
  });

  it("is shown a file of known shape alone", () => {
    const file = { show: "pdf", type: "application/pdf", name: "a", language: "ja", bytes: new ArrayBuffer(1) };
    expect(showFile(file)).toEqual(file);
    expect(showFile({ ...file, show: "html" })).toBeNull();
    expect(showFile({ ...file, bytes: "x" })).toBeNull();
  });
});

describe("text", () => {
  const sjis = new Uint8Array([0x95, 0xb6, 0x94, 0xa0]);
  it.each([
    [new TextEncoder().encode("文箱"), "文箱"],
    [sjis, "文箱"],
    [new Uint8Array([0xff, 0xfe, 0x87, 0x65]), "文"],
    [new Uint8Array([0xfe, 0xff, 0x65, 0x87]), "文"],
    [new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), "a"],
    [new Uint8Array([0xff, 0x00, 0xff]), "\ufffd\u0000\ufffd"],
  ])("%#", (bytes, text) => {
    expect(decoded(bytes).text).toBe(text);
  });

  it("is cut where it is long", () => {
    const bytes = new Uint8Array(TEXT_LIMIT + 1).fill(0x61);
    expect(decoded(bytes)).toEqual({ text: "a".repeat(TEXT_LIMIT), cut: true });
  });
});
