/** Text as people in Japan and elsewhere keep it: UTF-8 or UTF-16 by its mark, else Shift_JIS, else whatever can be read. */

/** Characters shown: more would only make the frame slow. */
export const TEXT_LIMIT = 500_000;

/** The text, cut at TEXT_LIMIT characters; `cut` tells that there is more. */
export function decoded(bytes: Uint8Array): { text: string; cut: boolean } {
  const text = whole(bytes);
  return text.length > TEXT_LIMIT ? { text: text.slice(0, TEXT_LIMIT), cut: true } : { text, cut: false };
}

function whole(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  for (const encoding of ["utf-8", "shift_jis", "euc-jp"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // Not this one.
    }
  }
  return new TextDecoder("utf-8").decode(bytes);
}
