/**
 * The pieces that reading a PDF may need, by name: character tables (Japanese PDFs often name one of them), the fourteen
 * standard fonts, and decoders of images. The page fetches them for the frame, because the frame may connect to nothing.
 */

import type { AssetKind } from "./messages";

type Addresses = Readonly<Record<string, string>>;

const CMAPS: Addresses = import.meta.glob("../../../node_modules/pdfjs-dist/cmaps/*.bcmap", {
  query: "?url",
  import: "default",
  eager: true,
});
const FONTS: Addresses = import.meta.glob("../../../node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}", {
  query: "?url",
  import: "default",
  eager: true,
});
const WASM: Addresses = import.meta.glob("../../../node_modules/pdfjs-dist/wasm/*.wasm", {
  query: "?url",
  import: "default",
  eager: true,
});

const ROOMS: Readonly<Record<AssetKind, { readonly folder: string; readonly all: Addresses }>> = {
  cmap: { folder: "cmaps", all: CMAPS },
  font: { folder: "standard_fonts", all: FONTS },
  wasm: { folder: "wasm", all: WASM },
};

/** The bytes of one; null where there is none of that name. Rejects where the line is cut. */
export async function pdfAsset(kind: AssetKind, name: string): Promise<ArrayBuffer | null> {
  const { folder, all } = ROOMS[kind];
  const path = `../../../node_modules/pdfjs-dist/${folder}/${name}`;
  const address = Object.hasOwn(all, path) ? all[path] : undefined;
  if (address === undefined) return null;
  const answer = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" });
  return answer.ok ? answer.arrayBuffer() : null;
}
