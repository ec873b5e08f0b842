/** What a page and the service worker say to each other about a file that is being saved. Types alone: nothing of it is built. */

/** Addresses below this are answered by the service worker; its scope. */
export type SaveScope = "/save/";

/** Page to service worker. `save`: a file is about to come over `port`, the transferred one. `ping` keeps the worker running. */
export type ToWorker =
  | { readonly kind: "save"; readonly id: string; readonly name: string; readonly length: number }
  | { readonly kind: "ping"; readonly id: string };

/** Page to service worker on the file's port. The bytes of `piece` move; `fail` leaves the file incomplete. */
export type IntoFile =
  | { readonly kind: "piece"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "end" }
  | { readonly kind: "fail" };

/** Service worker to page on the file's port. `more`: one piece may come; `lost`: the worker was started anew meanwhile. */
export type FromFile = { readonly kind: "ready" } | { readonly kind: "more" } | { readonly kind: "cancelled" };
