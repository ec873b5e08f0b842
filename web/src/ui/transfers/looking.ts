/**
 * Looking again while somebody looks: at once when the screen comes back, then in pauses that grow while nothing changes.
 * Nothing is asked while the screen is hidden or the line is down.
 */

import type { Clock } from "../../engine";

export const SOON_MS = 4_000;
export const LATER_MS = 20_000;
const LONGEST_MS = 120_000;
const GROWTH = 1.5;

/** What the browser tells; `wake` is called when the screen is seen again or the line is back. */
export interface Attention {
  seen(): boolean;
  listen(wake: () => void): () => void;
}

export interface Looking {
  readonly clock: Clock;
  readonly attention: Attention;
  /** Looks once; resolves with whether anything changed. A rejection counts as no change. */
  readonly look: (signal: AbortSignal) => Promise<boolean>;
  /** Whether something is under way that will change by itself soon. */
  readonly moving: () => boolean;
}

/** The pause after so many looks that saw no change, in milliseconds. */
export function pauseAfter(quiet: number, moving: boolean): number {
  return Math.min(LONGEST_MS, (moving ? SOON_MS : LATER_MS) * GROWTH ** quiet);
}

/** Looks again and again until the signal is aborted. */
export async function keepLooking({ clock, attention, look, moving }: Looking, signal: AbortSignal): Promise<void> {
  let woken = new AbortController();
  const unlisten = attention.listen(() => woken.abort());
  let quiet = 0;
  try {
    while (!signal.aborted) {
      await clock.sleep(pauseAfter(quiet, moving()), AbortSignal.any([signal, woken.signal]));
      if (woken.signal.aborted) {
        woken = new AbortController();
        quiet = 0;
      }
      if (signal.aborted || !attention.seen()) continue;
      quiet = (await look(signal).catch(() => false)) ? 0 : quiet + 1;
    }
  } finally {
    unlisten();
  }
}

/** The attention of whoever has this window before them. */
export function windowAttention(page: Document = document, view: Window = window): Attention {
  return {
    seen: () => page.visibilityState === "visible" && view.navigator.onLine,
    listen: (wake) => {
      const seen = (): void => {
        if (page.visibilityState === "visible") wake();
      };
      page.addEventListener("visibilitychange", seen);
      view.addEventListener("online", wake);
      return () => {
        page.removeEventListener("visibilitychange", seen);
        view.removeEventListener("online", wake);
      };
    },
  };
}
