/** Small files of a zip, begun before their turn: one after another they would wait for the line each time. */

import type { Bytes } from "../format/bytes";
import type { ZipContent } from "./zip";

const AHEAD = 4;
/** What comes in one range, so that what is held ahead is at most four of them. */
const SMALL = 7 * 2 ** 20;

/** The same entries; those that are small and next in turn are fetched meanwhile. */
export function inAdvance(entries: readonly ZipContent[]): ZipContent[] {
  const begun = new Map<number, Promise<Bytes[]>>();
  const begin = (at: number): void => {
    const entry = entries[at];
    if (entry === undefined || entry.size > SMALL || begun.has(at)) return;
    const whole = gathered(entry.content());
    // Its failure is looked at in its turn.
    whole.catch(() => undefined);
    begun.set(at, whole);
  };
  return entries.map((entry, at) => ({ ...entry, content: () => content(entry, at) }));

  async function* content(entry: ZipContent, at: number): AsyncGenerator<Bytes> {
    for (let next = at + 1; next <= at + AHEAD; next++) begin(next);
    const whole = begun.get(at);
    begun.delete(at);
    if (whole === undefined) yield* entry.content();
    else yield* await whole;
  }
}

async function gathered(content: AsyncIterable<Bytes>): Promise<Bytes[]> {
  const pieces: Bytes[] = [];
  for await (const piece of content) pieces.push(piece);
  return pieces;
}
