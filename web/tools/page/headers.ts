/**
 * The headers of every file, once for all servers: the runtime reads them (onprem/runtime/page.py), a CDN's policies are made
 * of them. `{blobs}` stands for the origins of signed addresses, which differ from tenant to tenant.
 */

type Headers = Readonly<Record<string, string>>;

/** `routes`: addresses to files, `*` the rest. `rules`: the first whose `match` fits the file gives its headers. */
export interface HeaderList {
  readonly routes: Headers;
  readonly rules: readonly { readonly match: string; readonly headers: Headers }[];
}

const KEPT = "public, max-age=31536000, immutable";
// Asked for each time: a new version must be found, and an old document names files that may be gone.
const ASKED = "no-cache";
const POLICIES_OFF =
  "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), " +
  "midi=(), payment=(), usb=()";

const EVERYWHERE: Headers = {
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const DOCUMENT: Headers = {
  ...EVERYWHERE,
  "Cache-Control": ASKED,
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": POLICIES_OFF,
  "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
};

/** The page itself: nothing but its own files, and the addresses that bytes come from and go to. */
function pagePolicy(mapHash: string): string {
  return policy({
    "default-src": "'none'",
    "script-src": `'self' '${mapHash}'`,
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'{blobs}",
    "worker-src": "'self'",
    // The preview and the service worker's downloads.
    "frame-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "svelte-trusted-html fumibako-worker",
  });
}

/**
 * The preview: a document of no origin, so that what it shows can reach neither storage nor cookies nor the page around it,
 * and without any way to the network: it is given bytes by its frame's owner.
 */
function previewPolicy(mapHash: string): string {
  return policy({
    sandbox: "allow-scripts",
    "default-src": "'none'",
    "script-src": `'self' 'wasm-unsafe-eval' '${mapHash}'`,
    "style-src": "'self'",
    "img-src": "blob:",
    "frame-ancestors": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
  });
}

/** A worker has no policy but its own script's: Argon2id and streamed hashes are WebAssembly, and it connects to nothing. */
const WORKER_POLICY = policy({ "default-src": "'none'", "script-src": "'self' 'wasm-unsafe-eval'" });

/** All of it. `mapHashes`: of each document's import map, by file name. */
export function headerList(mapHashes: Readonly<Record<string, string>>): HeaderList {
  const hash = (name: string): string => mapHashes[name] ?? "sha256-";
  // Modules of the preview are asked for by an origin of none, which CORS calls null.
  const asset = { ...EVERYWHERE, "Cache-Control": KEPT, "Access-Control-Allow-Origin": "*" };
  return {
    routes: { "/": "/index.html", "/l": "/guest.html", "/l/": "/guest.html", "*": "/index.html" },
    rules: [
      { match: "/assets/*_worker-*", headers: { ...asset, "Content-Security-Policy": WORKER_POLICY } },
      { match: "/assets/*", headers: asset },
      { match: "/guest.html", headers: { ...DOCUMENT, "Content-Security-Policy": pagePolicy(hash("guest.html")) } },
      {
        match: "/preview.html",
        headers: { ...DOCUMENT, "Content-Security-Policy": previewPolicy(hash("preview.html")) },
      },
      { match: "/index.html", headers: { ...DOCUMENT, "Content-Security-Policy": pagePolicy(hash("index.html")) } },
      {
        match: "/*",
        headers: { ...EVERYWHERE, "Cache-Control": ASKED, "Content-Security-Policy": "default-src 'none'" },
      },
    ],
  };
}

function policy(directives: Headers): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}
