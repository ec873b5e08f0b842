import { describe, expect, it } from "vitest";
import type { Bytes } from "../../src/engine";
import { directCrypto } from "../../src/engine/crypto/direct";
import { type ZipContent, zipLength, zipStream } from "../../src/engine/download/zip";
import { utf8 } from "../../src/engine/format/bytes";

const MODIFIED = Date.UTC(2026, 0, 31, 12, 30, 11);

function entry(name: string, content: Bytes, size = content.length): ZipContent {
  return {
    name,
    size,
    modified: MODIFIED,
    content: async function* () {
      yield content;
    },
  };
}

async function written(entries: ZipContent[]): Promise<Buffer> {
  const pieces: Bytes[] = [];
  for await (const piece of zipStream(entries, () => directCrypto().hash("crc32"))) pieces.push(piece);
  return Buffer.concat(pieces);
}

// tests/web/test_zips.py opens zips with the programs that people have; here stands what can be said byte for byte.
describe("a zip", () => {
  it("is 22 bytes when there is nothing in it", async () => {
    expect((await written([])).toString("hex")).toBe(`504b0506${"00".repeat(18)}`);
    expect(zipLength([])).toBe(22);
  });

  it("has names in UTF-8 with the EFS bit, and CRCs behind the bytes", async () => {
    const zip = await written([entry("だ.txt", utf8("123456789"))]);
    expect(zip.readUInt16LE(6)).toBe(0x0808);
    expect(zip.subarray(30, 37).toString()).toBe("だ.txt");
    expect(zip.readUInt32LE(30 + 7 + 9)).toBe(0x08074b50);
    expect(zip.readUInt32LE(30 + 7 + 9 + 4)).toBe(0xcbf43926);
    expect(zip.length).toBe(zipLength([entry("だ.txt", utf8("123456789"))]));
  });

  it("is the same where each piece is handed on to another thread, and its buffer is gone here", async () => {
    const pieces: Buffer[] = [];
    const entries = (): ZipContent[] => [entry("a", utf8("first")), entry("b", utf8("second"))];
    for await (const piece of zipStream(entries(), () => directCrypto().hash("crc32"))) {
      pieces.push(Buffer.from(piece));
      structuredClone(piece, { transfer: [piece.buffer] });
    }
    expect(Buffer.concat(pieces).toString("hex")).toBe((await written(entries())).toString("hex"));
  });

  it.each([
    ["longer", 8],
    ["shorter", 10],
  ])("is not finished where a content is %s than it was said to be", async (_, size) => {
    await expect(written([entry("a", utf8("123456789"), size)])).rejects.toThrow(RangeError);
  });

  it("knows its length beforehand at every border of zip64", () => {
    const one = (size: number): { name: string; size: number; modified: number } => ({ name: "a", size, modified: 0 });
    const empty = 30 + 1 + 16 + 46 + 1 + 22;
    const limit = 2 ** 32 - 1;
    expect(zipLength([one(0)])).toBe(empty);
    // 98 bytes: the directory lies beyond 4 GiB, and so its ending needs zip64.
    expect(zipLength([one(limit - 1)])).toBe(empty + limit - 1 + 76);
    // Now the entry too: 20 bytes in front, 8 behind, 20 in the directory.
    expect(zipLength([one(limit)])).toBe(empty + limit + 76 + 48);
    // The second begins beyond 4 GiB: 12 bytes in the directory.
    expect(zipLength([one(limit), one(0)]) - zipLength([one(limit)])).toBe(empty - 22 + 12);
    const many = (count: number): number => zipLength(Array.from({ length: count }, () => one(0)));
    expect(many(65_534)).toBe(65_534 * (empty - 22) + 22);
    expect(many(65_535)).toBe(65_535 * (empty - 22) + 22 + 76);
  });

  it("can't name years before 1980", async () => {
    const zip = await written([{ ...entry("a", utf8("")), modified: 0 }]);
    expect(zip.readUInt16LE(12)).toBe(0x0021);
  });
});
