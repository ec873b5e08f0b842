/** A file request as it is typed: what is checked here, and what is then asked of the server, whose word is the last. */

import type { Json } from "../../engine";
import { type Addressee, MOST_RECIPIENTS } from "../send/addresses";

/** To whom: addresses that each get a mail and a link; one link for all of some mail domains; one for whoever has it. */
export type Audience = "addresses" | "domains" | "anyone";
export type SizeUnit = "MB" | "GB";

/** What stands in the form. Counts and domains are text as typed; empty means no limit. `expiresAt` is RFC 3339 or empty (the default). */
export interface Draft {
  readonly title: string;
  readonly message: string;
  readonly audience: Audience;
  readonly addresses: readonly Addressee[];
  readonly domains: string;
  readonly maxFiles: string;
  readonly maxSize: string;
  readonly sizeUnit: SizeUnit;
  readonly expiresAt: string;
  readonly proof: "code" | "link";
  readonly language: "ja" | "en";
}

/** The same while it is typed. */
export type Typed = { -readonly [Name in keyof Draft]: Draft[Name] };

/** A field of the form, and the key of the words that say what is wrong with it. */
export interface Problem {
  readonly field: keyof Draft;
  readonly words: string;
  /** The part that is wrong, where one of several is. */
  readonly what?: string;
}

const UNITS: Readonly<Record<SizeUnit, number>> = { MB: 10 ** 6, GB: 10 ** 9 };
const DOMAIN = /^@?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i;
const MOST_DOMAINS = 50;
const TITLE_CHARACTERS = 200;
const MESSAGE_CHARACTERS = 4_000;

/** An empty form. A request to addresses, proved by a mailed code, is the careful choice. */
export function emptyDraft(language: "ja" | "en"): Typed {
  return {
    title: "",
    message: "",
    audience: "addresses",
    addresses: [],
    domains: "",
    maxFiles: "",
    maxSize: "",
    sizeUnit: "GB",
    expiresAt: "",
    proof: "code",
    language,
  };
}

/** The parts of a text in which people put several things: one a line, or with commas, spaces or 、 between. */
export function partsOf(text: string): string[] {
  return [...new Set(text.normalize("NFKC").split(/[\s,;、，；]+/u))].filter((part) => part !== "");
}

/** A whole number as people type it, full-width digits and separators included; null where it is none. */
export function countOf(text: string): number | null {
  const plain = text.normalize("NFKC").replaceAll(/[,\s]/g, "");
  if (!/^\d{1,15}$/.test(plain)) return null;
  const count = Number(plain);
  return count >= 1 ? count : null;
}

/** The size in bytes; one decimal point is taken. Null where it is none. */
export function sizeOf(text: string, unit: SizeUnit): number | null {
  const plain = text.normalize("NFKC").replaceAll(/[,\s]/g, "");
  if (!/^\d{1,9}(\.\d{1,3})?$/.test(plain)) return null;
  const bytes = Math.round(Number(plain) * UNITS[unit]);
  return bytes >= 1 ? bytes : null;
}

/** Everything that is wrong with a draft, in the order of its fields. */
export function problemsOf(draft: Draft): Problem[] {
  const problems: Problem[] = [];
  const title = draft.title.trim();
  if (title === "") problems.push({ field: "title", words: "title_missing" });
  if ([...title].length > TITLE_CHARACTERS) problems.push({ field: "title", words: "title_long" });
  if (draft.message.length > MESSAGE_CHARACTERS) problems.push({ field: "message", words: "message_long" });
  if (draft.audience === "addresses") problems.push(...addressProblems(draft.addresses.length));
  if (draft.audience === "domains") problems.push(...domainProblems(draft.domains));
  if (draft.maxFiles.trim() !== "" && countOf(draft.maxFiles) === null) {
    problems.push({ field: "maxFiles", words: "count_wrong" });
  }
  if (draft.maxSize.trim() !== "" && sizeOf(draft.maxSize, draft.sizeUnit) === null) {
    problems.push({ field: "maxSize", words: "size_wrong" });
  }
  return problems;
}

function addressProblems(count: number): Problem[] {
  if (count === 0) return [{ field: "addresses", words: "addresses_missing" }];
  return count > MOST_RECIPIENTS ? [{ field: "addresses", words: "addresses_many" }] : [];
}

function domainProblems(text: string): Problem[] {
  const parts = partsOf(text);
  if (parts.length === 0) return [{ field: "domains", words: "domains_missing" }];
  if (parts.length > MOST_DOMAINS) return [{ field: "domains", words: "domains_many" }];
  const wrong = parts.find((part) => !DOMAIN.test(part));
  return wrong === undefined ? [] : [{ field: "domains", words: "domains_wrong", what: wrong }];
}

/** The body of POST /transfers/v1/requests. Call it with a draft without problems. */
export function bodyOf(draft: Draft): Json {
  const files = countOf(draft.maxFiles);
  const size = sizeOf(draft.maxSize, draft.sizeUnit);
  const message = draft.message.trim();
  return {
    title: draft.title.trim(),
    ...(message !== "" && { message }),
    ...(draft.audience === "addresses" && { recipients: [...draft.addresses] }),
    ...(draft.audience === "domains" && { domains: partsOf(draft.domains).map((one) => one.replace(/^@/, "")) }),
    ...(files !== null && { max_files: files }),
    ...(size !== null && { max_bytes: size }),
    ...(draft.expiresAt !== "" && { expires_at: draft.expiresAt }),
    // Whoever may use a link that is open to a domain must show an address of it.
    proof: draft.audience === "domains" ? "code" : draft.proof,
    language: draft.language,
  };
}

const FIELDS: Readonly<Record<string, keyof Draft>> = {
  title: "title",
  message: "message",
  recipients: "addresses",
  domains: "domains",
  max_files: "maxFiles",
  max_bytes: "maxSize",
  expires_at: "expiresAt",
  proof: "proof",
  language: "language",
};

/** The field that a server's problem points at (`/recipients/3/email`), or null. */
export function fieldAt(pointer: string): keyof Draft | null {
  return FIELDS[pointer.split("/")[1] ?? ""] ?? null;
}
