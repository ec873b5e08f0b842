/** How a sign-in at a partner's ended: the server leads the browser back with a word behind `?sso=`. */

const KNOWN = ["refused", "over", "away"] as const;
/** Why it did not work, in the words of the catalogue. */
export type Outcome = (typeof KNOWN)[number];

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  identity_refused: "refused",
  sso_over: "over",
  store_away: "away",
  issuer_invalid: "away",
};

let cameBack: Outcome | null = null;

/** Reads the word and takes it out of the address bar. Called by the entry, before anything else looks at the address. */
export function takeOutcome(): void {
  const said = new URLSearchParams(location.search).get("sso");
  if (said === null) return;
  history.replaceState(history.state, "", location.pathname + location.hash);
  cameBack = OUTCOMES[said] ?? null;
}

/** Why the sign-in did not work; null where it did, or where nobody was away. */
export function outcome(): Outcome | null {
  return cameBack;
}
