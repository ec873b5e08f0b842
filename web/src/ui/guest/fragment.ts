/**
 * What stands behind `#` of a link. It is taken into memory and removed from the address bar before anything else happens:
 * from there it would get into pictures of the screen, bookmarks and what browsers report. It is never sent by browsers.
 */

let taken = "";
let told: (() => void) | null = null;

/** Called first of all by the entry; and whenever another link is pasted into the address bar. */
export function takeFragment(): void {
  if (location.hash.length <= 1) return;
  taken = location.hash;
  history.replaceState(history.state, "", location.pathname + location.search);
  told?.();
}

/** The fragment that was taken last, once; "" where there was none. */
export function takenFragment(): string {
  const found = taken;
  taken = "";
  return found;
}

/** Calls `another` when a link was pasted over this one. Returns what ends it. */
export function onAnotherLink(another: () => void): () => void {
  told = another;
  addEventListener("hashchange", takeFragment);
  return () => {
    told = null;
    removeEventListener("hashchange", takeFragment);
  };
}
