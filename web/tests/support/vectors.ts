/** The vectors of spec/vectors, the same files that Python reads; its README tells what stands in them. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { FormatError } from "../../src/engine";
import { type Bytes, hex, sha256, utf8 } from "../../src/engine/format/bytes";

const FOLDER = fileURLToPath(new URL("../../../spec/vectors/", import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: vectors are JSON of many shapes, and a wrong member fails its test.
export type Vector = Record<string, any>;

/** Every subject there is. */
export function subjects(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map((one) => one.name)
    .sort();
}

/** The names of a subject's vectors. */
export function names(subject: string): string[] {
  return readdirSync(FOLDER + subject)
    .map((file) => file.replace(/\.json$/, ""))
    .sort();
}

/** One vector, held against what all vectors have. */
export function vector(subject: string, name: string): Vector {
  const found = JSON.parse(readFileSync(`${FOLDER}${subject}/${name}.json`, "utf8")) as Vector;
  expect(found["name"]).toBe(name);
  expect(found["origin"]).toBeTruthy();
  expect(found["expect"]).toBe("error" in found ? "invalid" : "valid");
  return found;
}

/** The error that a call must end with. */
export async function refused(found: Vector, call: () => unknown): Promise<FormatError> {
  const error = await (async () => call())().then(
    () => null,
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).code).toBe(found["error"]);
  expect((error as FormatError).message).toMatch(/\.$/);
  return error as FormatError;
}

/** The bytes of hex. */
export function unhex(text: string): Bytes {
  return new Uint8Array((text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
}

/** Random bytes that a writer draws, in the order of the vector. */
export function drawn(text: string): (count: number) => Bytes {
  const all = unhex(text);
  let at = 0;
  return (count) => {
    at += count;
    return all.slice(at - count, at);
  };
}

/** A plaintext: its hex, or the first bytes of AES-256-CTR's key stream. */
export async function plaintextIn(description: Vector): Promise<Bytes> {
  if ("hex" in description) return unhex(description["hex"] as string);
  const key = await crypto.subtle.importKey("raw", await sha256(utf8(description["seed"])), "AES-CTR", false, [
    "encrypt",
  ]);
  const how = { name: "AES-CTR", counter: new Uint8Array(16), length: 64 };
  return new Uint8Array(await crypto.subtle.encrypt(how, key, new Uint8Array(description["size"] as number)));
}

/** SHA-256 in hex. */
export async function hashOf(bytes: Bytes): Promise<string> {
  return hex(await sha256(bytes));
}
