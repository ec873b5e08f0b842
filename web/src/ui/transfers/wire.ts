/** Transfers as the member's screens read them: the shapes of spec/api.md, section transfers. */

import type { Proof, TransferClass } from "../../engine";
import type { KeySlot } from "../../engine/format/slots";

export type { Page } from "../../engine";

export type State =
  | "uploading"
  | "checking"
  | "blocked"
  | "quarantined"
  | "awaiting_approval"
  | "held"
  | "ready"
  | "closed"
  | "destroying"
  | "destroyed";

export type Reason = "expired" | "exhausted" | "revoked" | "rejected" | "infected" | "abandoned";
export type Scan = "pending" | "clean" | "not_scanned" | "unscannable" | "infected";
export type Stage = "waiting" | "invited" | "opened" | "downloaded" | "exhausted";
export type Box = "sent" | "received" | "all";

/** Where one recipient stands. `email` is empty once the transfer's traces are erased. */
export interface Recipient {
  readonly id: string;
  readonly email: string;
  readonly name?: string;
  readonly language: string;
  readonly state: Stage;
  readonly downloads: number;
  readonly last_download_at?: string;
}

/** `version`, hold and send time are there for its own people alone. `recipients` are the first ones, `recipient_count` all. */
export interface Transfer {
  readonly id: string;
  readonly version?: number;
  readonly state: State;
  readonly reason?: Reason;
  readonly class: TransferClass;
  readonly title?: string;
  readonly message?: string;
  readonly sender: { readonly id: string; readonly name: string; readonly company: string };
  readonly files: number;
  readonly bytes: number;
  readonly created_at: string;
  readonly completed_at?: string;
  readonly ready_at?: string;
  readonly expires_at: string;
  readonly send_at?: string;
  readonly hold_until?: string;
  readonly closed_at?: string;
  readonly destroyed_at?: string;
  readonly max_downloads?: number;
  readonly proof: Proof;
  readonly request?: string;
  readonly scan: Scan;
  readonly progress?: { readonly stored: number; readonly files: number };
  readonly recipient_count?: number;
  readonly recipients: readonly Recipient[];
  readonly recipients_next?: string | null;
  readonly slots?: readonly KeySlot[];
}

/** One recipient's link. That of a sealed transfer lacks its key. */
export interface CopiedLink {
  readonly recipient: string;
  readonly url: string;
}
