/**
 * What this tab keeps of a link, so that a reload does not ask for the mail again: phones throw a tab away while its reader
 * looks up the code in the mail. sessionStorage belongs to the tab and is sent nowhere. The link's token stays as long as
 * the tab; what opens files or proves anything counts for ten minutes after the page was last there, because the next
 * person at a shared computer may bring a closed tab back.
 */

import type { Link } from "../../engine/api/links";

const NAME = "fumibako.link";
/** How long secrets are taken up again after the page was left, in ms. */
export const SECRETS_MS = 10 * 60_000;

/** A code that was asked for. `askedAt` in ms since the epoch; `tries` are left. */
export interface KeptChallenge {
  readonly challenge: string;
  readonly address: string;
  readonly askedAt: number;
  readonly tries: number;
}

/** `proved`: this tab's reader has proved who they are, so that the link's cookie is worth a try. */
export interface KeptVisit {
  readonly link: Link;
  readonly challenge: KeptChallenge | null;
  readonly proved: boolean;
}

/** The part of Storage that is used; a browser that keeps nothing may throw at each. */
export type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function keepVisit(storage: TabStorage, visit: KeptVisit, now: number): void {
  try {
    storage.setItem(NAME, JSON.stringify({ ...visit, at: now }));
  } catch {
    // Blocked or full: then a reload asks for the link again.
  }
}

/** What was kept; null where there is nothing, or nothing that can be read. */
export function keptVisit(storage: TabStorage, now: number): KeptVisit | null {
  try {
    return visitIn(JSON.parse(storage.getItem(NAME) ?? "null"), now);
  } catch {
    return null;
  }
}

export function forgetVisit(storage: TabStorage): void {
  try {
    storage.removeItem(NAME);
  } catch {
    // Nothing was kept either.
  }
}

function visitIn(found: unknown, now: number): KeptVisit | null {
  if (typeof found !== "object" || found === null) return null;
  const { link, challenge, proved, at } = found as {
    link?: Partial<Link>;
    challenge?: KeptChallenge | null;
    proved?: unknown;
    at?: unknown;
  };
  if (typeof link?.token !== "string" || typeof at !== "number") return null;
  const fresh = now - at >= 0 && now - at < SECRETS_MS;
  if (!fresh) return { link: { token: link.token, key: null }, challenge: null, proved: false };
  const key = typeof link.key === "string" ? link.key : null;
  return { link: { token: link.token, key }, challenge: challengeIn(challenge), proved: proved === true };
}

function challengeIn(found: KeptChallenge | null | undefined): KeptChallenge | null {
  if (typeof found?.challenge !== "string" || typeof found.address !== "string") return null;
  if (typeof found.askedAt !== "number" || typeof found.tries !== "number") return null;
  return found;
}
