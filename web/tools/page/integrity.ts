/** Subresource Integrity (W3C SRI; import maps' `integrity`, HTML standard): a changed file is not run. */

import { createHash } from "node:crypto";
import type { Rolldown } from "vite";

export type Hashes = Readonly<Record<string, string>>;

const CHECKED = /\.(?:js|css)$/;
// What Vite writes: an entry, its preloads, its styles.
const TAG = /<(script|link)\b([^>]*?)\s(src|href)="\/(assets\/[^"]+)"([^>]*)>/g;

/** `sha256-...` of every script and style of a build, by file name. */
export function integrityOf(bundle: Rolldown.OutputBundle, read: (name: string) => Uint8Array): Hashes {
  const names = Object.keys(bundle).filter((name) => CHECKED.test(name));
  return Object.fromEntries(names.map((name) => [name, sha256(read(name))]));
}

/**
 * The document with integrity on its tags, and with an import map that tells the hashes of what is loaded later. `mapHash`
 * is what the policy must allow, since the map is inline. Throws where a tag names a file without a hash.
 */
export function withIntegrity(
  html: string,
  later: readonly string[],
  hashes: Hashes,
): { html: string; mapHash: string } {
  const tagged = html.replaceAll(TAG, (_, tag: string, before: string, name: string, file: string, after: string) => {
    const hash = hashes[file];
    if (hash === undefined) throw new Error(`${file} has no hash`);
    return `<${tag}${before} ${name}="/${file}"${after} integrity="${hash}">`;
  });
  const integrity = Object.fromEntries(later.map((name) => [`/${name}`, hashes[name]]));
  const map = JSON.stringify({ integrity });
  const place = "<title>";
  if (!tagged.includes(place)) throw new Error("a document needs a title, before which its import map stands");
  return {
    html: tagged.replace(place, `<script type="importmap">${map}</script>\n    ${place}`),
    mapHash: sha256(Buffer.from(map)),
  };
}

function sha256(content: Uint8Array): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
