/** File requests as the member's screens read them: the shape of spec/api.md. */

import type { Proof, TransferClass } from "../../engine";
import type { Recipient } from "../transfers/wire";

/** `used_*`: what was taken so far, of `max_*`. `url`: the open link, for its owner while it is open. */
export interface FileRequest {
  readonly id: string;
  readonly version: number;
  readonly state: "open" | "closed";
  readonly reason?: "expired" | "closed";
  readonly title: string;
  readonly message?: string;
  readonly class: TransferClass;
  readonly owner: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly closed_at?: string;
  readonly proof: Proof;
  readonly language: string;
  readonly domains?: readonly string[];
  readonly max_files?: number;
  readonly max_bytes?: number;
  readonly used_files: number;
  readonly used_bytes: number;
  readonly transfers: number;
  readonly recipient_count: number;
  readonly recipients?: readonly Recipient[];
  readonly url?: string;
}
