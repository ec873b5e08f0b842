/** Keeps the screen on while something moves: a computer that goes to sleep stops sending. */

interface Sentinel {
  release(): Promise<void>;
}

interface WakeLocks {
  request(kind: "screen"): Promise<Sentinel>;
}

/**
 * Asks for it, and again whenever the page comes back to the front, since browsers take it away from hidden pages. Where a
 * browser has or gives none (low battery, older Firefox) nothing happens. Gives the function that ends it.
 */
export function keepAwake(): () => void {
  const locks = (navigator as { wakeLock?: WakeLocks }).wakeLock;
  if (locks === undefined) return () => undefined;
  let wanted = true;
  let held: Sentinel | null = null;
  const ask = async (): Promise<void> => {
    if (!wanted || document.visibilityState !== "visible") return;
    try {
      const found = await locks.request("screen");
      if (wanted) held = found;
      else await found.release();
    } catch {
      // The browser says no, which is its right: what is sent goes on after the sleep.
    }
  };
  document.addEventListener("visibilitychange", ask);
  void ask();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", ask);
    void held?.release().catch(() => undefined);
  };
}
