/**
 * What the page and its preview frame say to each other, over one MessagePort. The frame shows what strangers made, so the
 * page trusts nothing that comes from it: `fromFrame` lets through these shapes and no other.
 */

import type { PreviewKind } from "./kinds";

/** The first and only message to the frame's window; everything else goes over the port that comes with it. */
export interface ShowFile {
  readonly show: PreviewKind;
  readonly type: string;
  readonly name: string;
  readonly language: "ja" | "en";
  readonly bytes: ArrayBuffer;
}

/** What reading a PDF may need besides: a table of characters, a font, a decoder of images. */
export type AssetKind = "cmap" | "font" | "wasm";

export type FromFrame =
  | { readonly is: "shown" }
  | { readonly is: "failed" }
  | { readonly is: "asset"; readonly number: number; readonly kind: AssetKind; readonly name: string };

/** The answer to "asset"; null where there is no such thing. */
export interface AssetAnswer {
  readonly number: number;
  readonly bytes: ArrayBuffer | null;
}

const ASSETS: readonly string[] = ["cmap", "font", "wasm"] satisfies AssetKind[];
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** A message of the frame, or null where it is none that was agreed on. */
export function fromFrame(data: unknown): FromFrame | null {
  if (typeof data !== "object" || data === null) return null;
  const { is, number, kind, name } = data as Readonly<Record<string, unknown>>;
  if (is === "shown" || is === "failed") return { is };
  if (is !== "asset" || typeof number !== "number" || !Number.isSafeInteger(number)) return null;
  if (typeof kind !== "string" || !ASSETS.includes(kind) || typeof name !== "string" || !NAME.test(name)) return null;
  return { is, number, kind: kind as AssetKind, name };
}
