/** Whether there is a network, and whether this page is still the one that the server has. */

let connected = $state(true);
let outdated = $state(false);

/** What the browser thinks; false is certain, true only likely. */
export function online(): boolean {
  return connected;
}

/** Whether a part of the page is gone from the server, because a newer one took its place. */
export function pageOutdated(): boolean {
  return outdated;
}

/** Called once by each entry. */
export function watchConnection(): void {
  connected = navigator.onLine;
  addEventListener("online", () => {
    connected = true;
  });
  addEventListener("offline", () => {
    connected = false;
  });
  // Vite tells this when a file of the build can't be loaded.
  addEventListener("vite:preloadError", () => void askWhetherOutdated());
}

/** A file that is missing while the server answers is gone; while it does not answer, nothing is known of the version. */
async function askWhetherOutdated(): Promise<void> {
  try {
    outdated = (await fetch("/", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    connected = navigator.onLine;
  }
}
