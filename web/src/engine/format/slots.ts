/** Key slots of sealed transfers: each wraps the transfer key for one way in (spec/format.md, section 6). */

import { decode, encode } from "./base64url";
import { type Bytes, equal, type Random, utf8 } from "./bytes";
import { FormatError } from "./errors";
import { checkId } from "./ids";
import { checkKey, hkdf, KEY_BYTES } from "./keys";
import { checkVersion, type Members } from "./versions";

/** Cost of Argon2id (RFC 9106): memory in KiB, passes, lanes. */
export interface Argon2Cost {
  readonly m: number;
  readonly t: number;
  readonly p: number;
}

/** Argon2id, version 0x13, 32 bytes. Slow on purpose, so it runs in a worker. */
export type Argon2id = (passphrase: Bytes, salt: Bytes, cost: Argon2Cost) => Promise<Bytes>;

/** A slot as it stands in JSON. */
export interface KeySlot extends Partial<Argon2Cost> {
  readonly v: 1;
  readonly kind: "link" | "passphrase";
  readonly nonce: string;
  readonly wrapped: string;
  readonly commitment: string;
  readonly salt?: string;
}

/** What a sender takes. It never comes from a server. */
export const USUAL_COST: Argon2Cost = { m: 65_536, t: 3, p: 1 };

const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const WRAPPED_BYTES = 48;
const LIMITS = { m: [19_456, 1_048_576], t: [1, 10], p: [1, 4] } as const;
// What Python's str.strip takes away, so that both sides call the same passphrases empty.
// biome-ignore lint/suspicious/noControlCharactersInRegex: some of them are white space there.
const BLANK = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

type Kind = KeySlot["kind"];

/** A new slot and the 32-byte link key that opens it; throws key_wrong, id_invalid. */
export async function linkSlot(
  transferKey: Bytes,
  transferId: string,
  random: Random,
): Promise<{ slot: KeySlot; linkKey: Bytes }> {
  const linkKey = random(KEY_BYTES);
  return { slot: await wrap("link", transferKey, transferId, linkKey, random), linkKey };
}

/** The transfer key; throws version_unknown, record_wrong, key_wrong, integrity_failed, id_invalid. */
export async function openLinkSlot(slot: Members, linkKey: Bytes, transferId: string): Promise<Bytes> {
  checkKind(slot, "link");
  return unwrap("link", slot, transferId, checkKey(linkKey));
}

/** A new slot and the 32 bytes that prove the passphrase to the server; throws passphrase_invalid, key_wrong, id_invalid. */
export async function passphraseSlot(
  transferKey: Bytes,
  transferId: string,
  passphrase: string,
  by: { random: Random; argon2id: Argon2id; cost?: Argon2Cost },
): Promise<{ slot: KeySlot; auth: Bytes }> {
  const { m, t, p } = by.cost ?? USUAL_COST;
  const salt = by.random(SALT_BYTES);
  const secret = await by.argon2id(passphraseBytes(passphrase), salt, { m, t, p });
  const slot = await wrap("passphrase", transferKey, transferId, secret, by.random);
  return { slot: { ...slot, salt: encode(salt), m, t, p }, auth: await proofOf(secret) };
}

/** The transfer key; throws as openLinkSlot does, and passphrase_invalid. */
export async function openPassphraseSlot(
  slot: Members,
  passphrase: string,
  transferId: string,
  argon2id: Argon2id,
): Promise<Bytes> {
  return unwrap("passphrase", slot, transferId, await secretOf(slot, passphrase, argon2id));
}

/** What proves the passphrase to the server; needs v, kind, salt, m, t and p of the slot alone. */
export async function passphraseAuth(slot: Members, passphrase: string, argon2id: Argon2id): Promise<Bytes> {
  return proofOf(await secretOf(slot, passphrase, argon2id));
}

function proofOf(secret: Bytes): Promise<Bytes> {
  return hkdf(secret, utf8("fumibako/passphrase-auth/v1"));
}

async function secretOf(slot: Members, passphrase: string, argon2id: Argon2id): Promise<Bytes> {
  checkKind(slot, "passphrase");
  const cost = { m: costOf(slot, "m"), t: costOf(slot, "t"), p: costOf(slot, "p") };
  const salt = bytesOf(slot, "salt", SALT_BYTES);
  return argon2id(passphraseBytes(passphrase), salt, cost);
}

/** The passphrase in NFKC, so that full-width and half-width typing give the same; throws passphrase_invalid. */
function passphraseBytes(passphrase: string): Bytes {
  if (/\p{Surrogate}/u.test(passphrase)) {
    throw new FormatError("passphrase_invalid", "The passphrase is not valid Unicode text.");
  }
  const text = passphrase.normalize("NFKC");
  if (BLANK.test(text)) throw new FormatError("passphrase_invalid", "The passphrase is empty.");
  return utf8(text);
}

async function derive(kind: Kind, secret: Bytes): Promise<{ cipher: CryptoKey; commitment: Bytes }> {
  const both = await hkdf(secret, utf8(`fumibako/${kind}-wrap/v1`), undefined, 2 * KEY_BYTES);
  const raw = both.slice(0, KEY_BYTES);
  const cipher = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { cipher, commitment: both.slice(KEY_BYTES) };
}

async function wrap(
  kind: Kind,
  transferKey: Bytes,
  transferId: string,
  secret: Bytes,
  random: Random,
): Promise<KeySlot> {
  const { cipher, commitment } = await derive(kind, secret);
  const nonce = random(NONCE_BYTES);
  const how = { name: "AES-GCM", iv: nonce, additionalData: aadOf(kind, transferId) };
  const wrapped = new Uint8Array(await crypto.subtle.encrypt(how, cipher, checkKey(transferKey)));
  return { v: 1, kind, nonce: encode(nonce), wrapped: encode(wrapped), commitment: encode(commitment) };
}

async function unwrap(kind: Kind, slot: Members, transferId: string, secret: Bytes): Promise<Bytes> {
  const { cipher, commitment } = await derive(kind, secret);
  // Compared first: without the commitment one crafted slot could open under two secrets.
  if (!equal(commitment, bytesOf(slot, "commitment", KEY_BYTES))) {
    throw new FormatError("key_wrong", "This key or passphrase is not the one this transfer was sealed with.");
  }
  const iv = bytesOf(slot, "nonce", NONCE_BYTES);
  const wrapped = bytesOf(slot, "wrapped", WRAPPED_BYTES);
  const how = { name: "AES-GCM", iv, additionalData: aadOf(kind, transferId) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, cipher, wrapped));
  } catch {
    throw new FormatError("integrity_failed", "The key slot does not hold: damaged, or of another transfer.");
  }
}

function aadOf(kind: Kind, transferId: string): Bytes {
  return utf8(`fumibako/slot/v1/${kind}/${checkId(transferId, "tr")}`);
}

function checkKind(slot: Members, kind: Kind): void {
  checkVersion(slot, "key slot");
  if (slot["kind"] !== kind) throw new FormatError("record_wrong", `This is not a key slot of the kind ${kind}.`);
}

/** The bounds keep a hostile slot from making a reader weak (too little) or from exhausting it (too much). */
function costOf(slot: Members, name: keyof Argon2Cost): number {
  const value = slot[name];
  const [least, most] = LIMITS[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new FormatError("record_wrong", `The slot's Argon2id parameter ${name} is not from ${least} to ${most}.`);
  }
  return value;
}

function bytesOf(slot: Members, name: string, length: number): Bytes {
  let value: Bytes;
  try {
    value = decode(slot[name]);
  } catch {
    throw new FormatError("record_wrong", `The key slot's ${name} is missing or not base64url.`);
  }
  if (value.length !== length) throw new FormatError("record_wrong", `The key slot's ${name} is not ${length} bytes.`);
  return value;
}
