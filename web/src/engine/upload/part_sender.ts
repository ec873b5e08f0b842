/** Parts on their way: several at once, each with a fresh address, each tried again until the store itself says it has it. */

import { Retry, withRetries } from "../api/retries";
import type { PartUrl } from "../api/types";
import { NetworkFault, type World } from "../edges";
import { failure } from "../failures";
import type { Gate } from "../gate";
import { Line } from "../line";
import type { Patience } from "../patience";
import type { Progress } from "../progress";
import { sideBySide } from "../turns";
import type { Part, Prepared, SendBlob } from "./blobs";
import type { Journal } from "./journal";
import type { Liveness } from "./liveness";
import type { PartUrls } from "./part_urls";

/** What parts under way may hold in memory, once as read and once as sealed. */
export const MEMORY = 256 * 2 ** 20;
/** A browser opens six connections to a host (HTTP/1.1); one stays free for the calls between. */
const MOST_AT_ONCE = 5;

export interface Sending {
  readonly world: World;
  readonly journal: Journal;
  readonly urls: PartUrls;
  readonly gate: Gate;
  readonly progress: Progress;
  readonly liveness: Liveness;
  readonly patience: Patience;
}

/** Sends all parts. `stored(blob)` is told when the last part of a blob is in. Rejects with the first failure. */
export async function sendParts(
  sending: Sending,
  parts: readonly Part[],
  stored: (blob: SendBlob) => Promise<void>,
): Promise<void> {
  const waiting = new Map<string, number>();
  for (const { blob } of parts) waiting.set(blob.id, (waiting.get(blob.id) ?? 0) + 1);
  const largest = Math.max(1, ...parts.map(({ range: [start, end] }) => end - start));
  const most = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MEMORY / (2 * largest))));
  const line = new Line(sending.world.clock, { most });
  const stop = new AbortController();
  const work = async (part: Part): Promise<void> => {
    await sending.gate.through((signal) => sendPart(sending, part, line, signal), stop.signal);
    sending.liveness.stored(part);
    sending.progress.tell();
    const left = (waiting.get(part.blob.id) ?? 0) - 1;
    waiting.set(part.blob.id, left);
    if (left === 0) await stored(part.blob);
  };
  await sideBySide(parts, work, { limit: () => line.limit, stop: () => stop.abort() });
}

async function sendPart(sending: Sending, part: Part, line: Line, signal: AbortSignal): Promise<void> {
  const { world, journal, urls, progress, liveness, patience } = sending;
  const size = part.range[1] - part.range[0];
  try {
    line.begin();
    liveness.put(part, "reading");
    const prepared = await part.blob.prepare(part.range);
    if (prepared.body.reduce((sum, chunk) => sum + chunk.length, 0) !== size) throw failure("file_unreadable");
    await journal.promise(prepared.promised);
    const attempt = async (): Promise<void> => {
      const url = await urls.take(part);
      try {
        await put(sending, { part, url, prepared }, signal);
      } catch (error) {
        liveness.put(part, "waiting");
        if (error instanceof NetworkFault && !signal.aborted) line.fail();
        throw error;
      }
    };
    await patience.endure(() => withRetries({ ...world, signal }, attempt), signal);
    line.finish(size);
    progress.add(size);
  } catch (error) {
    liveness.drop(part);
    throw error;
  }
}

/** One attempt. Only the store's own ETag counts as success: a portal's 200 or HTML is a retry. */
async function put(
  { world, progress, liveness }: Sending,
  { part, url, prepared }: { part: Part; url: PartUrl; prepared: Prepared },
  signal: AbortSignal,
): Promise<void> {
  let seen = 0;
  const sent = (count: number): void => {
    const capped = Math.min(count, url.size);
    liveness.put(part, "sending", capped);
    progress.addUnderWay(capped - seen);
    seen = capped;
  };
  try {
    const { method, headers, size } = url;
    liveness.put(part, "sending");
    const answer = await world.http.put({ method, url: url.url, headers, body: prepared.body, size, sent, signal });
    const { status } = answer;
    if ((status === 200 || status === 201 || status === 204) && answer.header("etag")) return;
    // if-none-match: an earlier attempt had arrived, its answer had not.
    if (status === 412) return;
    if (status === 410) throw failure("gone");
    if (status === 507) throw failure("store_full");
    throw new Retry(failure("network", `status ${status}`));
  } finally {
    progress.addUnderWay(-seen);
  }
}
