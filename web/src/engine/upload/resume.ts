/** Taking an upload up where it stopped: what was promised is compared, what the store holds is left out. */

import type { TransferCalls } from "../api/transfers";
import { failure } from "../failures";
import type { Gate } from "../gate";
import { sideBySide } from "../turns";
import { type Part, partsOf, type SendBlob } from "./blobs";
import type { Journal } from "./journal";

const AT_ONCE = 4;

/**
 * Reads again every segment that was promised: size and time of change can be set back, bytes can't. Rejects with
 * file_changed on a difference, file_unreadable. `read` is told of the bytes compared.
 */
export async function comparePromised(journal: Journal, blobs: Iterable<SendBlob>, gate: Gate): Promise<void> {
  const byFile = new Map<string, SendBlob>();
  for (const blob of blobs) for (const { id } of [blob, ...blob.files]) byFile.set(id, blob);
  const promised = [...journal.digests].flatMap(([file, digests]) => {
    return [...digests.keys()].map((index) => ({ file, index }));
  });
  const stop = new AbortController();
  const compare = async (one: { file: string; index: number }): Promise<void> => {
    const blob = byFile.get(one.file);
    if (blob === undefined) throw failure("upload_unknown");
    const digest = await gate.through(() => blob.digest(one), stop.signal);
    journal.holds(one.file, one.index, digest);
  };
  await sideBySide(promised, compare, { limit: () => AT_ONCE, stop: () => stop.abort() });
}

/** Blob -> the parts that the store does not hold; blobs that are joined already are left out. */
export async function missingParts(calls: TransferCalls, blobs: Iterable<SendBlob>): Promise<Map<string, Part[]>> {
  const stored = new Set((await calls.files()).filter((file) => file.state === "stored").map((file) => file.id));
  const left = new Map<string, Part[]>();
  for (const blob of blobs) {
    if (blob.files.every((file) => stored.has(file.id))) continue;
    const held = new Map((await calls.partsHeld(blob.id)).map(({ part, size }) => [part, size]));
    const missing = partsOf(blob).filter(({ number, range: [start, end] }) => held.get(number) !== end - start);
    left.set(blob.id, missing);
  }
  return left;
}
