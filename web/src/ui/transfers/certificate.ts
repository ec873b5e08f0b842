/**
 * What a signed certificate or receipt says (spec/proofs.md), taken from the document itself for reading and printing.
 *
 * Nothing is verified here: a page that comes from the same server as the certificate can't vouch for it. Whoever needs
 * certainty takes the document to `fumibako verify` with the fingerprint they noted; the page says so.
 */

import type { Json, TransferClass } from "../../engine";
import { failure } from "../../engine/failures";
import { decode, encode } from "../../engine/format/base64url";
import { sha256, utf8 } from "../../engine/format/bytes";
import type { Reason } from "./wire";

export type ProofKind = "deletion-certificate" | "recoverable-past" | "receipt";

/** One file as the certificate names it: ids and ciphertext alone, never a name. */
export interface ProvedFile {
  readonly id: string;
  readonly size: number;
  readonly checksum: string | null;
}

/** The facts. Times are RFC 3339; those that a kind of document lacks are null. */
export interface Facts {
  readonly kind: ProofKind;
  readonly tenant: string;
  readonly transfer: string;
  readonly class: TransferClass | null;
  readonly reason: Reason | null;
  readonly request: string | null;
  readonly files: readonly ProvedFile[];
  readonly destroyedAt: string | null;
  readonly absentAt: string | null;
  readonly recoverableUntil: string | null;
  readonly statedAt: string | null;
  readonly receivedAt: string | null;
  readonly signedAt: string;
  readonly key: string;
  readonly root: string;
}

const KINDS: readonly ProofKind[] = ["deletion-certificate", "recoverable-past", "receipt"];
const GROUP = 4;

/** Rejects with Failure("server_wrong") where the document is not of a known shape. */
export async function factsOf(document: Json): Promise<Facts> {
  const statement = objectOf(document["statement"]);
  const kind = KINDS.find((one) => one === statement["type"]);
  if (kind === undefined || document["type"] !== kind) throw failure("server_wrong", "type of proof");
  const keyStatement = tokenOf(document["key_statement"]);
  const batch = tokenOf(document["batch"]);
  return {
    kind,
    tenant: textOf(statement["tenant"]),
    transfer: textOf(statement["transfer"]),
    class: orNull(statement["class"]) as TransferClass | null,
    reason: orNull(statement["reason"]) as Reason | null,
    request: orNull(statement["request"]),
    files: filesOf(statement),
    destroyedAt: orNull(statement["destroyed_at"]),
    absentAt: orNull(statement["verified_absent_at"]),
    recoverableUntil: orNull(statement["recoverable_until"]),
    statedAt: orNull(statement["stated_at"]),
    receivedAt: orNull(statement["received_at"]),
    signedAt: textOf(batch.claims["signed_at"]),
    key: textOf(keyStatement.claims["kid"]),
    root: await fingerprint(objectOf(keyStatement.header["jwk"])),
  };
}

/** `SHA256:` and the RFC 7638 thumbprint of a public key, in groups of four with dots between. */
export async function fingerprint(jwk: Json): Promise<string> {
  const { kty, crv, x, y } = jwk;
  // RFC 7638, section 3: the required members alone, in the order of their names, without white space.
  const members = kty === "EC" ? { crv, kty, x, y } : { crv, kty, x };
  const thumbprint = encode(await sha256(utf8(JSON.stringify(members))));
  return `SHA256:${(thumbprint.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? []).join(".")}`;
}

/** Whether two fingerprints are the same; dots, white space and the prefix do not matter, case does. */
export function sameRoot(one: string, other: string): boolean {
  const bare = (text: string): string => text.replaceAll(/[.\s]/g, "").replace(/^SHA256:/, "");
  return bare(one) === bare(other);
}

/** The document as it is saved: what `fumibako verify` reads. */
export function documentText(document: Json): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** The name that the saved document gets. */
export function documentName({ kind, transfer }: Facts): string {
  return `fumibako-${kind}-${transfer.slice(-10)}.json`;
}

/** What the printed QR code says: enough to find the document again and to know whose it is. */
export function qrText({ kind, transfer, root }: Facts): string {
  return `fumibako ${kind} ${transfer} ${root}`;
}

/** What a person types to have it verified, with the name it was saved under. */
export function verifyCommand(facts: Facts): string {
  return `fumibako verify ${documentName(facts)} --root ${facts.root}`;
}

function filesOf(statement: Json): readonly ProvedFile[] {
  const listed = statement["files"];
  if (!Array.isArray(listed)) return [];
  return listed.map((one: unknown) => {
    const { id, ciphertext_size, checksum } = objectOf(one);
    return { id: textOf(id), size: Number(ciphertext_size), checksum: orNull(checksum) };
  });
}

function tokenOf(value: unknown): { header: Json; claims: Json } {
  const [header = "", claims = ""] = textOf(value).split(".");
  return { header: jsonOf(header), claims: jsonOf(claims) };
}

function jsonOf(part: string): Json {
  try {
    return objectOf(JSON.parse(new TextDecoder().decode(decode(part))));
  } catch {
    throw failure("server_wrong", "proof unreadable");
  }
}

function objectOf(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw failure("server_wrong", "proof unreadable");
  }
  return value as Json;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw failure("server_wrong", "proof unreadable");
  return value;
}

function orNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
