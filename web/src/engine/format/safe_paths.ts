/** Paths that are safe on Linux, macOS and Windows alike, made of names (spec/format.md, section 9, rules 1 to 5). */

import { hex, sha256, utf8 } from "./bytes";
import { checkName } from "./names";

const SEGMENT_LIMIT = 255;
const PATH_LIMIT = 2048;
const EXTENSION_LIMIT = 32;
// Devices of Windows, with or without an extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const RESERVED = /^(?:con|prn|aux|nul|con[iıİ]n\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\..*)?$/i;

/** The segments of a relative path for a name; throws name_invalid where checkName does. */
export async function safePath(name: string): Promise<string[]> {
  const original = checkName(name).split("/");
  const segments = await Promise.all(original.map(safeSegment));
  const [first = "", last = ""] = [segments[0], segments.at(-1)];
  if (utf8(segments.join("/")).length <= PATH_LIMIT) return segments;
  return [first, `_${await mark(original.slice(1, -1).join("/"))}`, last];
}

/**
 * A path for each name, in order, no two the same and none a folder of another, judged as the most forgetful file system
 * would. The first of several keeps its path, later ones get ~2, ~3 ... before the extension.
 */
export async function safePaths(names: readonly string[]): Promise<string[][]> {
  const paths = await Promise.all(names.map(safePath));
  const folders = new Set(paths.flatMap((path) => path.slice(1).map((_, depth) => folded(path.slice(0, depth + 1)))));
  const taken = new Set<string>();
  const turns = new Map<string, number>();
  return paths.map((path) => {
    const first = folded(path);
    let candidate = path;
    let key = first;
    while (taken.has(key) || folders.has(key)) {
      const turn = (turns.get(first) ?? 1) + 1;
      turns.set(first, turn);
      candidate = [...path.slice(0, -1), tagged(path.at(-1) ?? "", `~${turn}`)];
      key = folded(candidate);
    }
    taken.add(key);
    return candidate;
  });
}

async function safeSegment(segment: string): Promise<string> {
  let safe = segment.replaceAll(/[<>:"|?*]/g, "_").replace(/[. ]+$/, "") || "_";
  if (RESERVED.test(safe)) safe = `_${safe}`;
  if (safe === segment && utf8(safe).length <= SEGMENT_LIMIT) return safe;
  return tagged(safe, await mark(segment));
}

async function mark(original: string): Promise<string> {
  return `~${hex(await sha256(utf8(original))).slice(0, 8)}`;
}

/** Puts `tag` before the extension and cuts the stem, by whole characters, so that all fits in a segment. */
function tagged(segment: string, tag: string): string {
  const dot = segment.lastIndexOf(".");
  const kept = dot > 0 && utf8(segment.slice(dot + 1)).length <= EXTENSION_LIMIT;
  const ending = tag + (kept ? segment.slice(dot) : "");
  const stem = kept ? segment.slice(0, dot) : segment;
  return cut(stem, SEGMENT_LIMIT - utf8(ending).length) + ending;
}

function cut(text: string, room: number): string {
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += utf8(character).length;
    if (length > room) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function folded(path: readonly string[]): string {
  return path.map(fold).join("/");
}

/**
 * NFKD, full case folding, NFKD again, without format characters. JavaScript has no case folding; lower, upper and lower
 * case again, character by character (a final sigma depends on its neighbours), tell the same characters apart but for
 * the dotless i, whose upper case is I.
 */
function fold(segment: string): string {
  const characters = Array.from(segment.normalize("NFKD"), (character) =>
    character === "ı" ? character : Array.from(character.toLowerCase().toUpperCase(), (c) => c.toLowerCase()).join(""),
  );
  return characters
    .join("")
    .normalize("NFKD")
    .replaceAll(/\p{Cf}/gu, "");
}
