/** An image in an <img>: there an SVG runs no script and loads nothing. */

import type { ShowFile } from "../messages";

export async function showImage(place: HTMLElement, file: ShowFile): Promise<void> {
  const address = URL.createObjectURL(new Blob([file.bytes], { type: file.type }));
  const image = new Image();
  image.alt = file.name;
  image.src = address;
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
  place.append(image);
}
