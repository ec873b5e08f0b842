/**
 * What travels together. Left alone, each set of sharers gets a chunk of its own: a dozen requests of 500 bytes, which cost
 * a guest on a slow line more by their heads than by their content.
 */

// Whatever of the frame is not named here comes with the screen that needs it.
const CORE =
  "(?:api|connection|field_errors|formats|icons|kept|leaving|questions|theme|words)\\.|" +
  "components/(?:Boundary|Button|Dialog|Empty|ErrorBox|Field|Icon|Notes|Notice|Preferences|Questions|Screen|Spinner)\\.";

/** What both entries need before they show anything: Svelte, the frame's core, and calls to the API. */
const START = [
  /\/node_modules\/svelte\//,
  /\/node_modules\/(?:clsx|esm-env)\//,
  /rolldown\/runtime/,
  new RegExp(`/src/ui/frame/(?:${CORE})`),
  /\/src\/engine\/(?:api\/(?:answers|api|links|retries|session)|edges|failures|format\/(?:base64url|bytes|digest|errors|ids|keys|slots|versions))\.ts/,
  /\/src\/edges\/(?:browser_world|fetch_http|stall|system|xhr_put)\.ts/,
];

/** What loads a file later: by itself, because the preview needs it too and must load nothing else of the page. */
const LOADING = /vite\/preload-helper/;

/** For `output.codeSplitting`. */
export const chunks = {
  groups: [
    { name: "loading", test: LOADING, priority: 1 },
    { name: "start", test: (id: string): boolean => START.some((one) => one.test(id)) },
  ],
  includeDependenciesRecursively: false,
};
