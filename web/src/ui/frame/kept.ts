/** Small choices of the reader, kept in this browser. A browser that keeps nothing (private windows, policies) is no error. */

const PREFIX = "fumibako.";

export type KeptName = "language" | "theme" | "signed_in" | "link_keys" | "upload_rate";

/** What was kept, or null. */
export function kept(name: KeptName): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keeps a value, or forgets it with null. */
export function keep(name: KeptName, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // It lasts as long as this page then.
  }
}

/** Calls `changed` when another tab keeps another value. Returns the function that ends it. */
export function onKeptElsewhere(name: KeptName, changed: (value: string | null) => void): () => void {
  const listen = (event: StorageEvent): void => {
    if (event.key === PREFIX + name) changed(event.newValue);
  };
  addEventListener("storage", listen);
  return () => removeEventListener("storage", listen);
}
