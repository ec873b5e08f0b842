/** A file that somebody chose or dropped. Slices are read by the worker that seals them. */

import type { FileSource } from "../engine/edges";

const MEDIA_TYPE = /^[ -~]{1,255}$/;

/** `name`: the relative path within what was dropped; the file's own name where it was chosen alone. */
export function chosenFile(file: File, name: string = file.name): FileSource {
  const mediaType = MEDIA_TYPE.test(file.type) ? file.type : "application/octet-stream";
  return { name, size: file.size, mediaType, piece: async (start, end) => file.slice(start, end) };
}
