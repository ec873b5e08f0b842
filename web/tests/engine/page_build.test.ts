/** The build's own steps: integrity and headers. */

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chunks } from "../../tools/page/chunks";
import { headerList } from "../../tools/page/headers";
import { withIntegrity } from "../../tools/page/integrity";

const DOCUMENT = `<head>
  <title>x</title>
  <script type="module" crossorigin src="/assets/app-1.js"></script>
  <link rel="modulepreload" crossorigin href="/assets/start-1.js">
  <link rel="icon" href="/favicon.svg" />
</head>`;
const HASHES = {
  "assets/app-1.js": "sha256-app",
  "assets/start-1.js": "sha256-start",
  "assets/late-1.js": "sha256-late",
};

describe("integrity", () => {
  it("stands on every tag, and in an import map for what comes later", () => {
    const { html, mapHash } = withIntegrity(DOCUMENT, ["assets/late-1.js"], HASHES);
    expect(html).toContain('src="/assets/app-1.js" integrity="sha256-app"');
    expect(html).toContain('href="/assets/start-1.js" integrity="sha256-start"');
    expect(html).toContain('href="/favicon.svg" />');
    const map = /<script type="importmap">(.*)<\/script>/.exec(html)?.[1] ?? "";
    expect(JSON.parse(map)).toEqual({ integrity: { "/assets/late-1.js": "sha256-late" } });
    expect(mapHash).toBe(`sha256-${createHash("sha256").update(map).digest("base64")}`);
    expect(html.indexOf("importmap")).toBeLessThan(html.indexOf("modulepreload"));
  });

  it("fails where a file has no hash, or the map no place", () => {
    expect(() => withIntegrity(DOCUMENT, [], {})).toThrow("app-1.js");
    expect(() => withIntegrity("<head></head>", [], HASHES)).toThrow("title");
  });
});

describe("headers", () => {
  const { routes, rules } = headerList({
    "index.html": "sha256-i",
    "guest.html": "sha256-g",
    "preview.html": "sha256-p",
  });
  const policyOf = (match: string): string =>
    rules.find((one) => one.match === match)?.headers["Content-Security-Policy"] ?? "";

  it("let each document run its own files and its own map", () => {
    for (const [document, hash] of [
      ["/index.html", "i"],
      ["/guest.html", "g"],
    ] as const) {
      expect(policyOf(document)).toContain(`script-src 'self' 'sha256-${hash}'`);
      expect(policyOf(document)).toContain("connect-src 'self'{blobs}");
      expect(policyOf(document)).not.toMatch(/unsafe|\*|data:/);
    }
  });

  it("keep the preview away from everything", () => {
    expect(policyOf("/preview.html")).toContain("sandbox allow-scripts;");
    expect(policyOf("/preview.html")).not.toContain("connect-src");
    expect(policyOf("/preview.html")).not.toContain("allow-same-origin");
  });

  it("give WebAssembly to workers, which connect to nothing", () => {
    expect(policyOf("/assets/*_worker-*")).toBe("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
  });

  it("lead links to the guests' document, and all else to the members'", () => {
    expect([routes["/l"], routes["/l/"], routes["/"], routes["*"]]).toEqual([
      "/guest.html",
      "/guest.html",
      "/index.html",
      "/index.html",
    ]);
  });
});

describe("what travels first", () => {
  const start = chunks.groups.find(({ name }) => name === "start");
  const takes = (id: string): boolean => typeof start?.test === "function" && start.test(id);

  it.each([
    ["/web/src/ui/frame/words.svelte.ts", true],
    ["/web/src/ui/frame/components/Button.svelte", true],
    ["/web/src/engine/api/api.ts", true],
    ["/web/node_modules/svelte/src/internal/client/index.js", true],
    ["/web/src/ui/frame/router.svelte.ts", false],
    ["/web/src/ui/frame/session.svelte.ts", false],
    ["/web/src/ui/frame/components/Table.svelte", false],
    ["/web/src/engine/upload/upload.ts", false],
    ["/web/node_modules/pdfjs-dist/build/pdf.mjs", false],
  ])("%s: %s", (id, expected) => {
    expect(takes(id)).toBe(expected);
  });
});
