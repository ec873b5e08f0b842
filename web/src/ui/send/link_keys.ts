/**
 * The keys of sealed links that were sent from this browser, so that the sender can copy a whole link again. Nobody else has
 * them. They go with the transfer's end, and when the member signs out here.
 */

import { keep, kept } from "../frame/kept";

const NAME = "link_keys";
const A_YEAR_MS = 366 * 86_400_000;

interface KeptKey {
  readonly key: string;
  readonly until: number;
}

/** Keeps a key until the transfer ends. `until`, `now`: ms since the epoch. */
export function keepLinkKey(transfer: string, key: string, until: number, now: number): void {
  keep(NAME, JSON.stringify({ ...living(now), [transfer]: { key, until } }));
}

/** For the engine: the key is kept before the last call, for a year at most; `settleLinkKey` shortens it to the transfer's life. */
export function keepLinkKeyOf(now: () => number): (transfer: string, key: string) => Promise<void> {
  return async (transfer, key) => keepLinkKey(transfer, key, now() + A_YEAR_MS, now());
}

/** The transfer's end is known now. */
export function settleLinkKey(transfer: string, until: number, now: number): void {
  const key = linkKeyOf(transfer, now);
  if (key !== null) keepLinkKey(transfer, key, until, now);
}

/** The key of a transfer's links; null where it was not sent from here. */
export function linkKeyOf(transfer: string, now: number): string | null {
  return living(now)[transfer]?.key ?? null;
}

/** A link as it has to be passed on: with its key, where it has one. */
export function wholeLink(url: string, key: string | null): string {
  return key === null ? url : `${url}.${key}`;
}

/** Forgets all of them. */
export function forgetLinkKeys(): void {
  keep(NAME, null);
}

function living(now: number): Record<string, KeptKey> {
  try {
    const found = JSON.parse(kept(NAME) ?? "{}") as Record<string, KeptKey>;
    return Object.fromEntries(Object.entries(found).filter(([, { until }]) => until > now));
  } catch {
    return {};
  }
}
