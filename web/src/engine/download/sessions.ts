/** Download sessions: up to 256 files each, renewed while bytes move, and told at the end what arrived. */

import type { TransferCalls } from "../api/transfers";
import type { DownloadEntry } from "../api/types";
import type { Clock } from "../edges";
import { Failure, failure, isFailure, Refused } from "../failures";
import { Turns } from "../turns";
import type { OpenTransfer } from "./opened_transfer";
import { type RemoteFile, remoteFile } from "./remote_files";

const FILES_A_SESSION = 256;
/** Whoever reads many small files would otherwise ask for each. */
const RENEWED_AT_ONCE = 64;
const MARGIN_MS = 30_000;

/** One open session and the addresses it gave. */
export class DownloadSession {
  readonly #calls: TransferCalls;
  readonly #clock: Clock;
  readonly #turns = new Turns();
  readonly #entries = new Map<string, DownloadEntry>();
  #id: string;
  readonly files: readonly RemoteFile[];

  private constructor(calls: TransferCalls, clock: Clock, id: string, files: readonly RemoteFile[]) {
    this.#calls = calls;
    this.#clock = clock;
    this.#id = id;
    this.files = files;
    for (const file of files) this.#entries.set(file.id, file.entry);
  }

  /**
   * Opens a session over files of a transfer. This is what counts as a download. Rejects with Refused (gone, key_gone,
   * downloads_spent), and where server and records disagree.
   */
  static async open(
    calls: TransferCalls,
    clock: Clock,
    transfer: OpenTransfer,
    ids: readonly string[],
  ): Promise<DownloadSession> {
    const answer = await calls.downloads({ files: ids });
    checkIds(answer.files, ids);
    const files = await Promise.all(answer.files.map((entry) => remoteFile(entry, transfer)));
    return new DownloadSession(calls, clock, answer.session, files);
  }

  /** An address that lives another half minute; `anew`: a new one in any case, because the last one did not serve. */
  address(file: RemoteFile, how: { anew: boolean }): Promise<DownloadEntry> {
    return this.#turns.take(async () => {
      const known = this.#entries.get(file.id) ?? file.entry;
      if (!how.anew && Date.parse(known.expires_at) - this.#clock.now() > MARGIN_MS) return known;
      return this.#renew(file.id);
    });
  }

  /** Why the store gives nothing any more: the server's own refusal (expired, recalled), else Failure("gone"). */
  async whyGone(): Promise<Failure> {
    try {
      await this.#calls.show();
    } catch (error) {
      if (error instanceof Refused && error.code === "gone") return error;
    }
    return failure("gone");
  }

  /**
   * These files arrived whole. Where the server can't be told, or knows the transfer no more, the reader has them all the same;
   * the session ends by itself then.
   */
  async complete(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#calls.downloadComplete(this.#id, ids).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
  }

  #keep({ id, entry: { offset, length, size } }: RemoteFile, fresh: DownloadEntry): void {
    // The place of the bytes is the file's: an address of other bytes would be another file.
    if (fresh.offset !== offset || fresh.length !== length || fresh.size !== size) throw failure("size_differs");
    this.#entries.set(id, fresh);
  }

  /** New addresses for this file and those after it. A session that idled out is opened anew; what has not arrived is not counted again. */
  async #renew(file: string): Promise<DownloadEntry> {
    const from = this.files.findIndex((one) => one.id === file);
    const files = this.files.slice(from, from + RENEWED_AT_ONCE).map((one) => one.id);
    let answer = await this.#calls.downloads({ files, session: this.#id }).catch((error: unknown) => {
      if (isFailure(error, "download_over")) return null;
      throw error;
    });
    if (answer === null) {
      answer = await this.#calls.downloads({ files });
      this.#id = answer.session;
    }
    checkIds(answer.files, files);
    for (const [at, entry] of answer.files.entries()) this.#keep(this.files[from + at] as RemoteFile, entry);
    return this.#entries.get(file) as DownloadEntry;
  }
}

/** Sessions over any number of files, in order. */
export async function openSessions(
  calls: TransferCalls,
  clock: Clock,
  transfer: OpenTransfer,
  ids: readonly string[],
): Promise<DownloadSession[]> {
  const sessions: DownloadSession[] = [];
  for (let at = 0; at < ids.length; at += FILES_A_SESSION) {
    sessions.push(await DownloadSession.open(calls, clock, transfer, ids.slice(at, at + FILES_A_SESSION)));
  }
  return sessions;
}

function checkIds(entries: readonly DownloadEntry[], ids: readonly string[]): void {
  if (entries.length !== ids.length || entries.some((entry, at) => entry.id !== ids[at])) {
    throw failure("server_wrong", "list of files");
  }
}
