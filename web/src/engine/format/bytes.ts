/** Bytes as WebCrypto takes them, and the few things done with them everywhere. */

/** Bytes over memory of their own, which can be handed to WebCrypto and moved to a worker. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Draws `count` bytes fit for keys (crypto.getRandomValues). */
export type Random = (count: number) => Bytes;

const ENCODER = new TextEncoder();

/** The UTF-8 of a text; a lone surrogate becomes U+FFFD, so callers look for those first. */
export function utf8(text: string): Bytes {
  return ENCODER.encode(text) as Bytes;
}

/** One array of several. */
export function joined(...pieces: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether two arrays are the same, in a time that tells nothing of where they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** SHA-256 by WebCrypto. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
