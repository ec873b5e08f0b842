/** What can be looked at before it is saved, and up to which size. */

export type PreviewKind = "image" | "pdf" | "text";

const MIB = 2 ** 20;

/** Bytes up to which a kind is shown: all of it lies in memory twice, once here and once in the frame. */
export const PREVIEW_LIMITS: Readonly<Record<PreviewKind, number>> = { image: 32 * MIB, pdf: 64 * MIB, text: 4 * MIB };

/** The types an <img> shows everywhere. The frame is told this type, never the one the sender wrote. */
const IMAGES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
};

const TEXTS = new Set(
  "bat c cfg conf cpp cs css csv go h htm html ini java js json log md ps1 py rb rs sh sql tex toml ts tsv txt vbs xml yaml yml".split(
    " ",
  ),
);

/** How a file can be shown, by the ending of its name; `type` is what the frame is told. Null: it can only be saved. */
export function previewOf(file: { name: string; size: number }): { kind: PreviewKind; type: string } | null {
  const found = kindOf(endingOf(file.name));
  return found !== null && file.size > 0 && file.size <= PREVIEW_LIMITS[found.kind] ? found : null;
}

function kindOf(ending: string): { kind: PreviewKind; type: string } | null {
  const image = Object.hasOwn(IMAGES, ending) ? IMAGES[ending] : undefined;
  if (image !== undefined) return { kind: "image", type: image };
  if (ending === "pdf") return { kind: "pdf", type: "application/pdf" };
  return TEXTS.has(ending) ? { kind: "text", type: "text/plain" } : null;
}

function endingOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}
