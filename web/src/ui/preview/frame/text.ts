/** Text, as text: whatever stands in it, nothing of it becomes markup. */

import type { ShowFile } from "../messages";
import { decoded } from "./decoding";

const CUT = { ja: "（続きは保存すると見られます）", en: "(Save the file to see the rest.)" };

export function showText(place: HTMLElement, file: ShowFile): void {
  const { text, cut } = decoded(new Uint8Array(file.bytes));
  const shown = document.createElement("pre");
  shown.textContent = text;
  shown.tabIndex = 0;
  place.append(shown);
  if (!cut) return;
  const note = document.createElement("p");
  note.textContent = CUT[file.language];
  place.append(note);
}
