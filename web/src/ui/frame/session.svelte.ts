/**
 * The member's sign-in. The access token is in memory alone; the cookie that renews it is out of reach of scripts. When it
 * ends in the middle of work, `signInAgain` opens a dialog; calls under way wait for it and go on.
 */

import type { Api } from "../../engine/api/api";
import { tokensIn } from "../../engine/api/api";
import { Session, type Tokens } from "../../engine/api/session";
import { failure, isFailure } from "../../engine/failures";
import { openApi } from "./api";
import { keep, kept, onKeptElsewhere } from "./kept";
import { leaveAtOnce } from "./leaving.svelte";
import type { Role } from "./screens";
import { preferLanguage } from "./words.svelte";

/** GET /auth/v1/me of a member. */
export interface Me {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
  readonly totp: boolean;
  readonly language?: string;
  readonly tenant: {
    readonly id: string;
    readonly name: string;
    readonly base_url: string;
    readonly language: string;
    /** How many days ahead an expiry may lie; servers of before do not tell it. */
    readonly max_expiry_days?: number;
  };
}

/** What a person signs in with. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly totp?: string;
}

/** A signed-in member. */
export interface MemberSession {
  readonly me: Me;
  readonly api: Api;
  may(...roles: readonly Role[]): boolean;
  signOut(): Promise<void>;
}

interface Again {
  readonly email: string;
  readonly done: (tokens: Tokens) => void;
  readonly refused: (error: unknown) => void;
}

let current = $state.raw<{ me: Me; api: Api } | null>(null);
// What is still drawn while a signed-out page goes away.
let last: { me: Me; api: Api } | null = null;
let again = $state.raw<Again | null>(null);
let resuming: Promise<boolean> | null = null;

/** The signed-in member; throws where nobody is, which the router prevents for screens with roles. */
export function session(): MemberSession {
  const found = current ?? last;
  if (found === null) throw failure("signed_out");
  return { ...found, may: (...roles) => roles.some((role) => found.me.roles.includes(role)), signOut };
}

/** Whether somebody is signed in here; reactive. */
export function signedIn(): boolean {
  return current !== null;
}

/** The dialog that asks to sign in again, or null; reactive. */
export function openSignInAgain(): Again | null {
  return again;
}

/** Takes up the sign-in of the cookie, once. False where there is none. */
export function resumeSession(): Promise<boolean> {
  if (current !== null) return Promise.resolve(true);
  // The cookie can't be seen; a note beside it spares the ones who never signed in a refused request.
  if (kept("signed_in") === null) return Promise.resolve(false);
  resuming ??= begin().finally(() => {
    resuming = null;
  });
  return resuming;
}

async function begin(): Promise<boolean> {
  try {
    await take(null);
    return true;
  } catch (error) {
    if (!isFailure(error, "signed_out", "origin_not_allowed", "token_invalid")) throw error;
    keep("signed_in", null);
    return false;
  }
}

/** Signs in. Rejects with Refused (sign_in_failed, totp_required, totp_wrong, too_many_attempts, host_unknown). */
export async function signIn(credentials: Credentials): Promise<void> {
  const tokens = await tokensFor(credentials);
  // Another value each time, so that other tabs that wait for a sign-in hear of it.
  keep("signed_in", String(Date.now()));
  if (again === null) return take(tokens);
  goOn(tokens);
}

/** Leaves the dialog without signing in: calls that wait fail with signed_out. */
export function giveUpSigningIn(): void {
  const waiting = again;
  again = null;
  current = null;
  keep("signed_in", null);
  waiting?.refused(failure("signed_out"));
}

/** Asks /me anew, after the member changed something of it. */
export async function refreshMe(): Promise<void> {
  if (current === null) return;
  const { api } = current;
  current = { api, me: await meOf(api) };
  last = current;
}

/**
 * Tabs share the cookie. When another tab signs out, this one asks at once: what it shows is not for the next person at
 * this desk. When another signs in, one that waits goes on.
 */
export function watchOtherTabs(): () => void {
  return onKeptElsewhere("signed_in", (value) => {
    if (current === null) return;
    const { api } = current;
    // The first call finds the sign-in gone and opens the dialog.
    if (value === null) void api.get("/auth/v1/me").catch(() => undefined);
    else if (again !== null) void renewed().then(goOn, () => undefined);
  });
}

async function renewed(): Promise<Tokens> {
  const body = { grant_type: "refresh_token" };
  return tokensIn(await openApi().call("POST", "/auth/v1/token", { body, cookies: true }));
}

function goOn(tokens: Tokens): void {
  const waiting = again;
  again = null;
  waiting?.done(tokens);
}

/** Somebody else signed in within this browser: nothing that was begun here goes on in their name. */
function sameMember(tokens: Tokens): void {
  if (current === null || tokens.member === undefined || tokens.member === current.me.id) return;
  leaveAtOnce("/");
  throw failure("signed_out");
}

async function signOut(): Promise<void> {
  if (current === null) return;
  await current.api.call("POST", "/auth/v1/logout", { cookies: true });
  keep("signed_in", null);
  // Keys of sealed links are for this member alone.
  keep("link_keys", null);
  current = null;
}

async function tokensFor(credentials: Credentials): Promise<Tokens> {
  const body = { ...credentials, client: "page" };
  return tokensIn(await openApi().call("POST", "/auth/v1/login", { body, cookies: true }));
}

async function take(tokens: Tokens | null): Promise<void> {
  const bare = openApi();
  const held = new Session(bare.world.clock, {
    renewal: { by: "cookie" },
    ...(tokens && { tokens }),
    changed: sameMember,
    ended: signInAgain,
  });
  const api = bare.withSession(held);
  current = { api, me: await meOf(api) };
  last = current;
  await preferLanguage(current.me.language ?? "");
}

async function meOf(api: Api): Promise<Me> {
  return (await api.get("/auth/v1/me")) as unknown as Me;
}

/** New tokens by the person's own hand. Before anybody was signed in there is nothing to save: it fails at once. */
function signInAgain(): Promise<Tokens> {
  const member = current?.me;
  if (member === undefined) return Promise.reject(failure("signed_out"));
  return new Promise((done, refused) => {
    again = { email: member.email, done, refused };
  });
}
