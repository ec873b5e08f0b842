/** The world as a browser's window has it: fetch, puts that tell how far they are, and a clock that knows of the line. */

import type { Clock, Http, World } from "../engine/edges";
import { fetchHttp } from "./fetch_http";
import { systemWorld } from "./system";
import { xhrPut } from "./xhr_put";

/** Browsers now and then say that there is no line where there is one: they are not believed longer than this. */
const LONGEST_OFFLINE_MS = 300_000;

/** HTTP of a window. */
export function browserHttp(): Http {
  return { ...fetchHttp(), put: xhrPut };
}

/** The world of a window: `browserWorld()` is what an Api takes. */
export function browserWorld(): World {
  const world = systemWorld(browserHttp());
  return { ...world, clock: lineClock(world.clock) };
}

/**
 * A clock whose pauses suit the line: they end as soon as the browser says that it is back, and while it says that there is
 * none they last until it is, five minutes at most. So tries are not used up while there is nothing to try.
 */
export function lineClock(clock: Clock, line: Line = window): Clock {
  return {
    now: () => clock.now(),
    sleep: async (ms, signal) => {
      const back = new AbortController();
      const wake = (): void => back.abort();
      line.addEventListener("online", wake);
      try {
        const ends = signal === undefined ? back.signal : AbortSignal.any([signal, back.signal]);
        await clock.sleep(ms, ends);
        if (!ends.aborted && !line.navigator.onLine) await clock.sleep(LONGEST_OFFLINE_MS, ends);
      } finally {
        line.removeEventListener("online", wake);
      }
    },
  };
}

/** What a window tells of the line. */
export interface Line {
  readonly navigator: { readonly onLine: boolean };
  addEventListener(name: "online", take: () => void): void;
  removeEventListener(name: "online", take: () => void): void;
}
