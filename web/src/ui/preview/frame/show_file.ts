/** What the frame takes for a file. It stands alone, so that the frame loads nothing of the page's own code. */

import type { ShowFile } from "../messages";

/** What the page may ask the frame's window to show, or null. */
export function showFile(data: unknown): ShowFile | null {
  if (typeof data !== "object" || data === null) return null;
  const { show, type, name, language, bytes } = data as Readonly<Record<string, unknown>>;
  const known = show === "image" || show === "pdf" || show === "text";
  if (!known || typeof type !== "string" || typeof name !== "string" || !(bytes instanceof ArrayBuffer)) return null;
  return { show, type, name, language: language === "en" ? "en" : "ja", bytes };
}
