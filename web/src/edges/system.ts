/** Time and chance as the platform has them. */

import type { Clock, Http, World } from "../engine/edges";

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener("abort", wake, { once: true });
    }),
};

/** The world with a given HTTP. */
export function systemWorld(http: Http): World {
  return {
    http,
    clock: systemClock,
    chance: Math.random,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}
