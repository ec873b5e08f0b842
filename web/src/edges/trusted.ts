/**
 * Scripts that the page starts beside itself: workers and the service worker. Under Trusted Types a browser takes their
 * addresses only from this policy, and the policy gives out none but built files of the page's own origin.
 */

/** The policy's name, as the CSP's `trusted-types` must list it. */
export const WORKER_POLICY = "fumibako-worker";
const BUILT = /^\/(?:assets\/[\w.-]+\.js|sw\.js)$/;

interface Policy {
  createScriptURL(url: string): unknown;
}

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): Policy;
}

let policy: Policy | undefined;

/** The address of a built script, as Worker and register take it. Throws TypeError for any other address. */
export function scriptUrl(path: string | URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  if (trustedTypes === undefined) return checked(String(path));
  policy ??= trustedTypes.createPolicy(WORKER_POLICY, { createScriptURL: checked });
  // A TrustedScriptURL, which the libraries of TypeScript still call a string.
  return policy.createScriptURL(String(path)) as string;
}

function checked(path: string): string {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin || !BUILT.test(url.pathname)) throw new TypeError("not a script of this page");
  return url.href;
}
