/** Links that guests hold, and the proof that turns one into a session (spec/format.md, section 6, rule 5). */

import { failure } from "../failures";
import { encode } from "../format/base64url";
import { type Argon2id, passphraseAuth } from "../format/slots";
import type { Json } from "./answers";
import { type Api, tokensIn } from "./api";
import { type Renewal, Session, type Tokens } from "./session";
import type { Look } from "./types";

const FRAGMENT = /^([a-z][a-z0-9-]{1,30}[a-z0-9]\.[A-Za-z0-9_-]{20,100})(?:\.([A-Za-z0-9_-]{43}))?$/;

/** A link's two secrets. The key of a sealed transfer never leaves this page. */
export interface Link {
  readonly token: string;
  readonly key: string | null;
}

/** What stands after `#`; throws link_wrong. */
export function parseFragment(fragment: string): Link {
  const match = FRAGMENT.exec(fragment.trim().replace(/^#/, ""));
  if (match?.[1] === undefined) throw failure("link_wrong");
  return { token: match[1], key: match[2] ?? null };
}

/** The digits of what was typed or pasted: full-width ones, spaces and hyphens are taken. */
export function digitsOf(typed: string): string {
  return typed.normalize("NFKC").replaceAll(/\D/g, "");
}

/** Who sent what, until when: shown before anything is asked. Rejects with Refused (not_found, gone). */
export async function look(api: Api, link: Link): Promise<Look> {
  return (await api.post("/auth/v1/links/look", { token: link.token })) as unknown as Look;
}

/** A code that was mailed. `challenge` is sent back as it is, and kept nowhere else. */
export interface Challenge {
  readonly challenge: string;
  readonly address_hint: string;
  readonly expires_at: string;
}

/** Has a code mailed; `address` only for links that are bound to none. */
export async function askCode(api: Api, link: Link, address?: string): Promise<Challenge> {
  const body = { token: link.token, ...(address !== undefined && { address }) };
  return (await api.post("/auth/v1/links/challenge", body)) as unknown as Challenge;
}

/** The proof that a link asks for. */
export type GuestProof =
  | { readonly kind: "link" }
  | { readonly kind: "code"; readonly challenge: string; readonly code: string }
  | { readonly kind: "passphrase"; readonly passphrase: string; readonly look: Look; readonly argon2id: Argon2id };

/** A guest who has proved who they are. `subject` is the transfer or request the link leads to. */
export interface Guest {
  readonly api: Api;
  readonly subject: string;
  readonly recipient: string;
  readonly tokens: Tokens;
}

/**
 * Where the guest's refresh token goes: with `cookie`, into an HttpOnly cookie of this link, as browsers should have it. `ended`:
 * asked once when what was proved has lapsed (an hour without a call): tokens of another proof; calls under way wait for them.
 */
export interface ProofOptions {
  readonly cookie?: boolean;
  readonly changed?: (tokens: Tokens) => void;
  readonly ended?: () => Promise<Tokens>;
}

/** Gives the proof. Rejects with Refused (code_wrong, code_spent, passphrase_wrong, too_many_attempts, gone). */
export async function prove(api: Api, link: Link, proof: GuestProof, options: ProofOptions = {}): Promise<Guest> {
  const client = options.cookie ? { client: "page" } : {};
  const body = { token: link.token, ...client, ...(await bodyOf(proof)) };
  const found = await api.call("POST", "/auth/v1/links/verify", { body, cookies: options.cookie === true });
  return guestOf(api, link, found, options);
}

/**
 * The guest who proved who they are in this browser before, by the link's cookie: after a reload, and after a partner's sign-in.
 * Rejects with Refused 401 where there is none, or with Refused (gone).
 */
export async function comeBack(api: Api, link: Link, options: Omit<ProofOptions, "cookie"> = {}): Promise<Guest> {
  const body = { grant_type: "refresh_token", link: link.token };
  const found = await api.call("POST", "/auth/v1/token", { body, cookies: true });
  return guestOf(api, link, found, { ...options, cookie: true });
}

/** Where the browser goes to sign in at the reader's own company. Rejects with Refused (proof_other, gone), Failure. */
export async function partnerSignIn(api: Api, link: Link): Promise<string> {
  const body = { token: link.token };
  const { url } = await api.call("POST", "/auth/v1/links/sso", { body, cookies: true });
  // An address that is no web page would be a script or a program.
  if (typeof url !== "string" || !/^https?:\/\//.test(url)) throw failure("server_wrong", "no sign-in address");
  return url;
}

/** Asks the sender to add this address; the server says nothing of whether a mail went out. Rejects with Refused. */
export async function askToBeAdded(api: Api, link: Link, address: string): Promise<void> {
  await api.post("/auth/v1/links/add-me", { token: link.token, address });
}

/** Asks the sender for more time. Rejects with Refused (gone). */
export async function askMoreTime(api: Api, link: Link): Promise<void> {
  await api.post("/auth/v1/links/more-time", { token: link.token });
}

function guestOf(api: Api, link: Link, found: Json, options: ProofOptions): Guest {
  const tokens = tokensIn(found);
  const renewal: Renewal = options.cookie
    ? { by: "cookie", link: link.token }
    : { by: "refresh", token: tokens.refresh_token ?? "" };
  const changed = options.changed && { changed: options.changed };
  const ended = options.ended && { ended: options.ended };
  const session = new Session(api.world.clock, { tokens, renewal, ...changed, ...ended });
  return {
    api: api.withSession(session),
    subject: String(found["subject"]),
    recipient: String(found["recipient"]),
    tokens,
  };
}

async function bodyOf(proof: GuestProof): Promise<Record<string, string>> {
  if (proof.kind === "link") return {};
  if (proof.kind === "code") return { challenge: proof.challenge, code: digitsOf(proof.code) };
  const slot = proof.look.slots?.find((one) => one["kind"] === "passphrase");
  if (slot === undefined) throw failure("key_missing");
  return { passphrase_auth: encode(await passphraseAuth(slot, proof.passphrase, proof.argon2id)) };
}
