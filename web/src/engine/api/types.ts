/** What travels: the shapes of spec/api.md that the engine uses, in the words of the wire. */

import type { KeySlot } from "../format/slots";

export type TransferClass = "managed" | "sealed" | "plain";
export type Proof = "link" | "code" | "passphrase";

/** A file on the server. `offset`/`length`: its ciphertext (plaintext for plain) within the blob. */
export interface ServerFile {
  readonly id: string;
  readonly index: number;
  readonly name?: string;
  readonly size: number;
  readonly media_type?: string;
  /** To a recipient of a transfer with a limit: how often it may still be fetched. */
  readonly downloads_left?: number;
  readonly state: "waiting" | "stored";
  readonly record?: string;
  readonly blob: string;
  readonly offset: number;
  readonly length: number;
  readonly part_size: number;
  readonly parts: number | null;
  readonly packed: boolean;
}

/** A signed address of one part. */
export interface PartUrl {
  readonly blob: string;
  readonly part: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly size: number;
  readonly expires_at: string;
}

/** The answer to create, and to more files (which has no id and no key). */
export interface Created {
  readonly id?: string;
  readonly transfer_key?: string;
  readonly files: readonly ServerFile[];
  readonly uploads: readonly PartUrl[];
}

/** A transfer as the engine needs it; the page reads more of it. */
export interface Transfer {
  readonly id: string;
  readonly state: string;
  readonly class: TransferClass;
  readonly files: number;
  readonly bytes: number;
  readonly expires_at: string;
  readonly slots?: readonly KeySlot[];
}

/** One file of a download session. */
export interface DownloadEntry {
  readonly id: string;
  readonly record?: string;
  readonly name?: string;
  readonly media_type?: string;
  readonly size: number;
  readonly key?: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: number;
  readonly length: number;
  readonly expires_at: string;
  readonly checksum?: string;
}

export interface Downloads {
  readonly session: string;
  readonly expires_at: string;
  readonly scan: string;
  readonly files: readonly DownloadEntry[];
}

export interface PartsHeld {
  readonly parts: readonly { readonly part: number; readonly size: number; readonly etag: string }[];
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string | null;
}

/** What the first screen of a link shows before anything is asked. */
export interface Look {
  readonly kind: "transfer" | "request";
  readonly sender: { readonly name: string; readonly company: string };
  readonly title?: string;
  readonly message?: string;
  readonly class: TransferClass;
  readonly files: number;
  readonly bytes: number;
  readonly expires_at: string;
  readonly proof: Proof;
  readonly address_hint?: string;
  readonly domains?: readonly string[];
  readonly slots?: readonly Readonly<Record<string, unknown>>[];
  readonly state: string;
  readonly language: string;
  readonly scan?: string;
  readonly max_files?: number;
  readonly max_bytes?: number;
  /** Where the reader may sign in instead of taking a code. */
  readonly sso?: LinkPartner;
}

/** A company whose own sign-in says who its people are; `required`: there is no other way. */
export interface LinkPartner {
  readonly name: string;
  readonly required: boolean;
}
