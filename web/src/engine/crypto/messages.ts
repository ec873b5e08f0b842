/** What travels between the pool and its workers: plain values that structured cloning takes. */

import type { Bytes, Piece } from "../edges";
import { Failure, FORMAT_CODES, type FormatCode, FormatError } from "../format/errors";
import type { Argon2Cost } from "../format/slots";
import type { DigestJob, HashKind, Opened, OpenJob, Sealed, SealJob } from "./crypto";

/** Each operation with what it takes and gives. */
export interface Operations {
  seal: { takes: readonly SealJob[]; gives: Sealed[] };
  open: { takes: OpenJob; gives: Opened };
  digests: { takes: DigestJob; gives: Bytes[] };
  sha256: { takes: Piece; gives: Bytes };
  argon2id: { takes: { passphrase: Bytes; salt: Bytes; cost: Argon2Cost }; gives: Bytes };
  hashBegin: { takes: { hash: number; kind: HashKind }; gives: null };
  hashUpdate: { takes: { hash: number; bytes: Bytes }; gives: Bytes };
  hashEnd: { takes: { hash: number }; gives: string };
}

export type OperationName = keyof Operations;

/** One question to a worker. */
export type Question = {
  [Name in OperationName]: { readonly id: number; readonly name: Name; readonly takes: Operations[Name]["takes"] };
}[OperationName];

/** Its answer: a value, or the code of a failure. */
export type Answer =
  | { readonly id: number; readonly gives: unknown }
  | { readonly id: number; readonly code: string; readonly detail: string };

/** A worker as the pool sees it; in a browser a Worker, in node a worker thread, in tests a channel. */
export interface WorkerPort<Out, In> {
  post(message: Out, transfer: readonly ArrayBuffer[]): void;
  /** `broken` is called when the other side is gone or a message could not be read. */
  listen(take: (message: In) => void, broken: () => void): void;
  close(): void;
}

/** The failure behind an answer, as it was thrown on the other side. */
export function failureOf(code: string, detail: string): Failure {
  const known = (FORMAT_CODES as readonly string[]).includes(code);
  return known ? new FormatError(code as FormatCode, detail) : new Failure(code, detail);
}

/** What was opened is shorter than what it was opened from by header and tags, and lies in the same memory. */
const SPARE = 1024;

/** The memory of a value's arrays, which moves instead of being copied; of parts of something larger it is copied. */
export function movable(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (one: unknown): void => {
    if (one instanceof Uint8Array) {
      const { buffer, byteOffset, byteLength } = one;
      if (buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength - byteLength <= SPARE)
        found.add(buffer);
    } else if (Array.isArray(one)) one.forEach(look);
    else if (typeof one === "object" && one !== null && !(one instanceof Blob)) Object.values(one).forEach(look);
  };
  look(value);
  return [...found];
}
