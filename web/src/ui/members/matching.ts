/** Searching in a list that is there already. */

import type { Member } from "./calls";

/** Those whose name or address holds every word, whatever its case and width. */
export function matching(members: readonly Member[], typed: string): readonly Member[] {
  const words = folded(typed)
    .split(/\s+/)
    .filter((word) => word !== "");
  return members.filter((member) => {
    const text = folded(`${member.name} ${member.email}`);
    return words.every((word) => text.includes(word));
  });
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
