/**
 * What travels together. Left alone, each set of sharers gets a chunk of its own: a dozen requests of 500 bytes, which cost
 * a guest on a slow line more by their heads than by their content.
 */

// Members alone, and parts that come with the screen that needs them.
const LATER =
  "(?:index\\.ts|router|session|screens|paths|components/(?:Check|Choice|Chart|CopyField|DateTimeField|Menu|PasswordField|Progress|Qr|Table|Tabs)\\.)";

/** What both entries need before they show anything: Svelte, the frame's core, and calls to the API. */
const START = [
  /\/node_modules\/svelte\//,
  /\/node_modules\/(?:clsx|esm-env)\//,
  /vite\/preload-helper|rolldown\/runtime/,
  new RegExp(`/src/ui/frame/(?!${LATER})`),
  /\/src\/engine\/(?:api\/(?:answers|api|retries|session)|edges|failures|format\/(?:errors|bytes|base64url))\.ts/,
  /\/src\/edges\/(?:fetch_http|stall|system)\.ts/,
];

/** For `output.codeSplitting`. */
export const chunks = {
  groups: [{ name: "start", test: (id: string): boolean => START.some((one) => one.test(id)) }],
  includeDependenciesRecursively: false,
};
