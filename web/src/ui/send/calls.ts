/** The calls of the sending screen that no other area makes. Each rejects as Api.call does. */

import type { Api } from "../../engine";

/** One address that was sent to before, by this member. */
export interface Suggestion {
  readonly id: string;
  readonly email: string;
  readonly name?: string;
  readonly last_used_at: string;
}

/** One domain among the recipients, and what there is to say about it. */
export interface CheckedDomain {
  readonly domain: string;
  /** The domain in its own script, where that differs. */
  readonly unicode?: string;
  readonly recipients: number;
  readonly first_time: boolean;
  readonly first_time_for_you?: boolean;
  readonly looks_like?: string;
  readonly reason?: string;
  readonly free_mail?: boolean;
  readonly internal?: boolean;
}

const ADDRESSES = "/transfers/v1/addresses";
const SHOWN = 8;

/** Addresses of one's own history that begin so. */
export async function suggestions(api: Api, prefix: string, signal: AbortSignal): Promise<readonly Suggestion[]> {
  const found = await api.get(ADDRESSES, { prefix, limit: SHOWN }, signal);
  return found["items"] as readonly Suggestion[];
}

/** An address is not to be offered again. */
export async function forgetSuggestion(api: Api, id: string): Promise<void> {
  await api.call("DELETE", `${ADDRESSES}/${encodeURIComponent(id)}`);
}

/** What the domains of these addresses are to this organisation. */
export async function checkDomains(api: Api, emails: readonly string[]): Promise<readonly CheckedDomain[]> {
  return (await api.post(`${ADDRESSES}/check`, { emails }))["domains"] as readonly CheckedDomain[];
}
