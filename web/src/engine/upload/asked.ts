/** What an upload is asked to do, and what came of it. */

import type { Json } from "../api/answers";
import type { Api } from "../api/api";
import type { Transfer, TransferClass } from "../api/types";
import type { Crypto } from "../crypto/crypto";
import type { JournalStore } from "../edges";
import type { Wait } from "../patience";

/** What create takes beside the files (spec/api.md). The passphrase never leaves this page. */
export interface UploadOptions {
  readonly class: TransferClass;
  readonly fields: Json;
  readonly passphrase?: string;
  /**
   * Keeps the key of a sealed link durably, before the last call is made: nobody else has it, and the record is gone when
   * the upload is complete.
   */
  readonly keepLinkKey?: (transfer: string, linkKey: string) => Promise<void>;
  /** Bytes a second that an earlier upload reached: parts are then no longer than about 15 s. */
  readonly rate?: number;
  /** The name of the record to go on with (`unfinished`); else it is found by files and fields. */
  readonly journal?: string;
  /** Told when the line, the server or the sign-in is away: it goes on when this resolves. Without it the run ends there. */
  readonly wait?: Wait;
}

/** `linkKey`: what a sealed link ends in (base64url). `sentBytes`: what this run sent, without what was there before. */
export interface Sent {
  readonly transfer: Transfer;
  readonly linkKey: string | null;
  readonly resumed: boolean;
  readonly sentBytes: number;
}

export interface UploadEdges {
  readonly api: Api;
  readonly crypto: Crypto;
  readonly journals: JournalStore;
}
