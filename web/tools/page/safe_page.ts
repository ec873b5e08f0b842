/**
 * What makes a build safe and small to serve: integrity of every script and style, one list of headers for every server
 * (build/page/headers.json), and each text file compressed beforehand.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin, Rolldown } from "vite";
import { SCREENS } from "../../src/ui/frame/screens.ts";
import { compressFolder } from "./compress.ts";
import { headerList } from "./headers.ts";
import { integrityOf, withIntegrity } from "./integrity.ts";

type Bundle = Rolldown.OutputBundle;

// Vite adds styles and preloads of later parts with a link; the import map knows their hashes, the link must tell them.
const LINK_MADE = "link.href = dep.href;";
const LINK_CHECKED = `${LINK_MADE}
const known = document.querySelector("script[type=importmap]");
const integrity = known && JSON.parse(known.textContent).integrity[dep.pathname];
if (integrity) link.integrity = integrity;`;

/** The plugin. Fails the build where a file would go out unchecked. */
export function safePage(): Plugin {
  return {
    name: "fumibako:safe-page",
    apply: "build",
    transform(code, id) {
      if (!id.includes("vite/preload-helper")) return null;
      if (!code.includes(LINK_MADE))
        throw new Error("Vite's preload helper changed: its links would carry no integrity");
      return { code: code.replace(LINK_MADE, LINK_CHECKED), map: null };
    },
    writeBundle: {
      order: "post",
      async handler(options, bundle) {
        const folder = options.dir ?? "";
        const hashes = integrityOf(bundle, (name) => readFileSync(join(folder, name)));
        const documents = documentsOf(bundle);
        const mapHashes: Record<string, string> = {};
        for (const name of documents) {
          const page = withIntegrity(readFileSync(join(folder, name), "utf8"), reachable(bundle, name), hashes);
          writeFileSync(join(folder, name), page.html);
          mapHashes[name] = page.mapHash;
        }
        const worker = bundle["sw.js"];
        if (worker?.type === "chunk" && worker.imports.length > 0) throw new Error("sw.js must be one file");
        writeJson(join(folder, "headers.json"), headerList(mapHashes));
        writeJson(join(folder, "screens.json"), SCREENS);
        await compressFolder(folder);
      },
    },
  };
}

function documentsOf(bundle: Bundle): string[] {
  return Object.keys(bundle).filter((name) => name.endsWith(".html"));
}

/** Every file that a document may load, now or later; workers have no import map and are not among them. */
function reachable(bundle: Bundle, document: string): string[] {
  const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
  const entry = chunks.find((one) => one.isEntry && one.facadeModuleId?.endsWith(`/${document}`));
  const found = new Set<string>();
  const visit = (name: string): void => {
    const one = bundle[name];
    if (found.has(name) || one?.type !== "chunk") return;
    found.add(name);
    for (const style of one.viteMetadata?.importedCss ?? []) found.add(style);
    for (const next of [...one.imports, ...one.dynamicImports]) visit(next);
  };
  if (entry !== undefined) visit(entry.fileName);
  return [...found].sort();
}

function writeJson(path: string, content: unknown): void {
  writeFileSync(path, `${JSON.stringify(content, null, 1)}\n`);
}
