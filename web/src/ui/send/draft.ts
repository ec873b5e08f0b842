/** The form of a new transfer: what was filled in, what is wrong with it, and what the server is asked for. */

import type { Json, Proof, TransferClass } from "../../engine";
import { LEAST_LIFE_MS } from "../transfers/expiry";
import type { Addressee } from "./addresses";

/** What the form holds, as typed. "" stands for "as my organisation has set it". */
export interface Draft {
  title: string;
  message: string;
  class: TransferClass;
  /** Days, or "date" for a moment of one's own. */
  expiry: string;
  expiresAt: string;
  maxDownloads: string;
  hold: string;
  sendLater: boolean;
  sendAt: string;
  proof: "" | Proof;
  passphrase: string;
  passphraseAgain: string;
  notify: boolean;
}

export const TITLE_CHARACTERS = 200;
export const MESSAGE_CHARACTERS = 4000;
const MOST_DOWNLOADS = 1_000_000;
const MINUTES_A_DAY = 1440;
const DAY_MS = 86_400_000;

export function emptyDraft(): Draft {
  return {
    title: "",
    message: "",
    class: "managed",
    expiry: "",
    expiresAt: "",
    maxDownloads: "",
    hold: "",
    sendLater: false,
    sendAt: "",
    proof: "",
    passphrase: "",
    passphraseAgain: "",
    notify: true,
  };
}

/** Field -> key of what is wrong with it, in the words of the area. */
export type Problems = Readonly<Partial<Record<keyof Draft | "recipients" | "files", string>>>;

/** What the form knows beside what was filled in. `mostDays`: how far ahead an expiry may lie, where the server told it. */
export interface Given {
  readonly files: number;
  readonly recipients: number;
  readonly mostDays?: number | undefined;
}

/** All that can be told without asking. `now`: ms since the epoch. */
export function problemsOf(draft: Draft, given: Given, now: number): Problems {
  const problems: Partial<Record<keyof Draft | "recipients" | "files", string>> = {};
  if (given.files === 0) problems.files = "files_needed";
  if (given.recipients === 0) problems.recipients = "recipients_needed";
  if (draft.title.length > TITLE_CHARACTERS) problems.title = "title_long";
  if (draft.message.length > MESSAGE_CHARACTERS) problems.message = "message_long";
  const expiry = expiryProblem(draft, given.mostDays, now);
  if (expiry !== null) problems.expiresAt = expiry;
  if (draft.sendLater && !(Date.parse(draft.sendAt) > now)) problems.sendAt = "send_at_wrong";
  const downloads = downloadsOf(draft);
  if (downloads !== null && !(Number.isInteger(downloads) && downloads >= 1 && downloads <= MOST_DOWNLOADS)) {
    problems.maxDownloads = "max_downloads_wrong";
  }
  if (needsPassphrase(draft)) {
    // Spaces alone are no secret, and people can't see them.
    if (draft.passphrase.trim() === "") problems.passphrase = "passphrase_needed";
    else if (draft.passphrase !== draft.passphraseAgain) problems.passphraseAgain = "passphrase_differs";
  }
  return problems;
}

function expiryProblem({ expiry, expiresAt }: Draft, mostDays: number | undefined, now: number): string | null {
  if (expiry !== "date") return null;
  const at = Date.parse(expiresAt);
  // Not a number where nothing was chosen. A moment may pass between choosing and sending: the server counts five minutes.
  if (!(at >= now + LEAST_LIFE_MS)) return "expires_at_wrong";
  return mostDays !== undefined && at > now + mostDays * DAY_MS ? "expires_at_far" : null;
}

/** Whether this form asks for a passphrase. Plain files have no key that it could open. */
export function needsPassphrase(draft: Draft): boolean {
  return draft.proof === "passphrase" && draft.class !== "plain";
}

/** What create takes beside class and files (spec/api.md). What was left as it is set is left out. */
export function fieldsOf(draft: Draft, recipients: readonly Addressee[], language: "ja" | "en"): Json {
  const title = draft.title.trim();
  const message = draft.message.trim();
  const days = Number(draft.expiry);
  return {
    recipients: recipients.map(({ email, name }) => (name === undefined ? { email } : { email, name })),
    source: "page",
    language,
    ...(title !== "" && { title }),
    ...(message !== "" && { message }),
    ...(draft.expiry === "date" && { expires_at: draft.expiresAt }),
    ...(draft.expiry !== "" && draft.expiry !== "date" && { expires_in_minutes: days * MINUTES_A_DAY }),
    ...(downloadsOf(draft) !== null && { max_downloads: downloadsOf(draft) }),
    ...(draft.hold !== "" && { hold_minutes: Number(draft.hold) }),
    ...(draft.sendLater && { send_at: draft.sendAt }),
    ...(draft.proof !== "" && { proof: draft.proof }),
    ...(!draft.notify && { notify: false }),
  };
}

/** Who was to get an upload, out of what create was asked for. */
export function recipientsIn(fields: Json): readonly Addressee[] {
  return (fields["recipients"] ?? []) as readonly Addressee[];
}

/** What was written to them. */
export function textsIn(fields: Json): Pick<Draft, "title" | "message"> {
  const textOf = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  return { title: textOf("title"), message: textOf("message") };
}

function downloadsOf(draft: Draft): number | null {
  const typed = draft.maxDownloads.normalize("NFKC").trim();
  return typed === "" ? null : Number(typed);
}

/** The field of the form that a problem of the server belongs to, by the first step of its pointer. */
export const FIELD_OF: Readonly<Record<string, keyof Draft>> = {
  title: "title",
  message: "message",
  class: "class",
  expires_at: "expiresAt",
  expires_in_minutes: "expiry",
  max_downloads: "maxDownloads",
  hold_minutes: "hold",
  send_at: "sendAt",
  proof: "proof",
};

/** The field that a refusal is about where it points at none: a rule that looks at more than one of them. */
export function fieldOfCode(code: string, { expiry }: Draft): keyof Draft | null {
  if (code === "expiry_past" || code === "expiry_too_far") return expiry === "date" ? "expiresAt" : "expiry";
  return FIELD_OF_CODE[code] ?? null;
}

const FIELD_OF_CODE: Readonly<Record<string, keyof Draft>> = {
  class_not_allowed: "class",
  hold_wrong: "hold",
  max_downloads_wrong: "maxDownloads",
  send_at_wrong: "sendAt",
};
