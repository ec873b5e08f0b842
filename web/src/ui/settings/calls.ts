/** The calls of one's own account, typed as spec/api.md has them. */

import type { Api } from "../../engine/api/api";
import type { Page } from "../../engine/api/types";
import type { Language } from "../../engine/messages";

/** A sign-in of the caller. */
export interface OwnSession {
  readonly id: string;
  readonly kind: "page" | "cli" | "guest" | "service";
  readonly device_name: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly expires_at: string;
  readonly current: boolean;
}

/** A personal access token; `token` only in the answer to its making. */
export interface PersonalToken {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at?: string;
  readonly token?: string;
}

export const SCOPES = ["transfers:read", "transfers:write", "requests:write", "audit:read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** What is asked for a new token. */
export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expires_at: string;
  readonly networks: readonly string[];
}

// A person has a handful of these; more than this many pages is no list of a person.
const MOST_PAGES = 20;

async function all<Item>(api: Api, path: string): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const one = (await api.get(path, { cursor, limit: 200 })) as unknown as Page<Item>;
    found.push(...one.items);
    if (!one.next) break;
    cursor = one.next;
  }
  return found;
}

export function ownSessions(api: Api): Promise<OwnSession[]> {
  return all(api, "/auth/v1/sessions");
}

export async function endSession(api: Api, id: string): Promise<void> {
  await api.call("DELETE", `/auth/v1/sessions/${id}`);
}

export function ownTokens(api: Api): Promise<PersonalToken[]> {
  return all(api, "/auth/v1/keys");
}

/** The new token, with its value: it is shown once. */
export async function makeToken(api: Api, wanted: NewToken, key: string): Promise<PersonalToken> {
  return (await api.post("/auth/v1/keys", { ...wanted }, { key })) as unknown as PersonalToken;
}

export async function removeToken(api: Api, id: string): Promise<void> {
  await api.call("DELETE", `/auth/v1/keys/${id}`);
}

export async function changeMe(api: Api, change: { name: string; language: Language }): Promise<void> {
  await api.call("PATCH", "/auth/v1/me", { body: change });
}

export async function changePassword(api: Api, given: { current: string; new: string }): Promise<void> {
  await api.post("/auth/v1/password", given);
}

/** A new secret of the second factor, not in use before it is confirmed. */
export async function beginSecondFactor(api: Api): Promise<{ secret: string; uri: string }> {
  return (await api.call("POST", "/auth/v1/totp")) as unknown as { secret: string; uri: string };
}

/** The recovery codes; shown once. */
export async function confirmSecondFactor(api: Api, code: string): Promise<readonly string[]> {
  const found = await api.post("/auth/v1/totp/confirm", { code });
  return found["recovery_codes"] as readonly string[];
}

export async function removeSecondFactor(api: Api, password: string): Promise<void> {
  await api.call("DELETE", "/auth/v1/totp", { body: { password } });
}
