/** One upload from first call to completion: create, parts, records, complete; or the same taken up where it stopped. */

import type { Json } from "../api/answers";
import { TransferCalls } from "../api/transfers";
import type { Transfer } from "../api/types";
import type { FileSource } from "../edges";
import { failure, isFailure, Refused } from "../failures";
import { encode } from "../format/base64url";
import { KEY_BYTES } from "../format/keys";
import { type Held, Patience } from "../patience";
import { Pausable } from "../pausable";
import type { Sent, UploadEdges, UploadOptions } from "./asked";
import { type Part, partsOf, type SendBlob } from "./blobs";
import { checkSources, journalName } from "./chosen";
import { Completion } from "./completion";
import { type Asking, blobsOf, type CreatedUpload, createOrKnow, sealedFiles } from "./created";
import { Journal } from "./journal";
import { Liveness, type LivePart } from "./liveness";
import { sendParts } from "./part_sender";
import { PartUrls } from "./part_urls";
import { comparePromised, missingParts } from "./resume";
import { waysIn } from "./ways";

const OVER = new Set(["closed", "destroying", "destroyed"]);
// What was promised under these headers is gone, or nobody may have it any more: nothing of it may be used again.
const FORGET = ["file_changed", "upload_over", "gone"];

/**
 * An upload. `run` once; `pause` and `go` as often as one likes; `stop` ends it, and what was stored stays for another
 * run with the same files. Codes of `run`: file_changed, file_unreadable, files_differ, upload_running, upload_over,
 * gone, store_full, network, server_wrong, signed_out, stopped, key_missing, name_invalid, duplicate_name, and the
 * server's (Refused).
 */
export class Upload extends Pausable {
  readonly #edges: UploadEdges;
  readonly #sources: readonly FileSource[];
  readonly #options: UploadOptions;
  readonly #liveness = new Liveness();
  readonly #patience: Patience;

  constructor(edges: UploadEdges, sources: readonly FileSource[], options: UploadOptions, changed?: () => void) {
    super(edges.api.world.clock, changed);
    this.#edges = edges;
    this.#sources = sources;
    this.#options = options;
    const tell = (): void => this.course.tell();
    this.#patience = new Patience({ wait: options.wait, ending: this.gate.ending, changed: tell });
  }

  /** The parts on their way now. */
  get parts(): readonly LivePart[] {
    return this.#liveness.parts;
  }

  /** What the upload waits for, by itself. */
  get held(): Held | null {
    return this.#patience.held;
  }

  /** How much of a source is in, 0 to 1. */
  shareOf(source: number): number {
    return this.#liveness.shareOf(source);
  }

  async run(): Promise<Sent> {
    const sources = checkSources(this.#sources);
    const { class: transferClass, fields } = this.#options;
    const named = this.#options.journal ?? (await journalName(this.#edges.api.origin, sources, transferClass, fields));
    const journal = await Journal.open(this.#edges.journals, named);
    try {
      const sent = await this.#withJournal(journal, sources);
      await journal.finish();
      return sent;
    } catch (error) {
      await (isFailure(error, ...FORGET) || nothingMade(journal, error) ? journal.finish() : journal.close());
      // What was recalled or expired under its sender's hands is not for the sender to ask anybody for.
      throw journal.created.length > 0 && isFailure(error, "gone") ? failure("upload_over") : error;
    }
  }

  async #withJournal(journal: Journal, sources: readonly FileSource[]): Promise<Sent> {
    const { api } = this.#edges;
    const { random } = api.world;
    const resumed = journal.created.length > 0;
    await this.#begin(journal, sources);
    if (resumed) {
      const transfer = await this.#endure(() => this.#takeUp(journal));
      // The answer to the last call was lost, not its effect.
      if (transfer.state !== "uploading") {
        await this.#keepLinkKey(journal, transfer.id);
        return this.#done(journal, transfer, { resumed, sentBytes: 0 });
      }
    }
    const signal = this.gate.ending;
    const asking: Asking = { api, journal, sources, random, signal, rate: this.#options.rate };
    const created = await this.#endure(() => createOrKnow(asking));
    if (journal.ways === null) {
      const { passphrase } = this.#options;
      const by = { random, argon2id: this.#edges.crypto.argon2id };
      await journal.keepWays(await waysIn(created, { class: journal.start?.class, passphrase }, by));
    }
    return this.#send(asking, created, { resumed });
  }

  async #begin(journal: Journal, sources: readonly FileSource[]): Promise<void> {
    const files = sources.map(({ name, size }) => ({ name, size }));
    if (journal.start !== null) {
      // A record that was chosen by its name goes on with its own files alone.
      if (JSON.stringify(journal.start.files) !== JSON.stringify(files)) throw failure("files_differ");
      return;
    }
    const { clock, random } = this.#edges.api.world;
    const { class: transferClass, fields } = this.#options;
    const sealed = transferClass === "sealed";
    await journal.begin({
      k: "start",
      v: 1,
      key: encode(random(24)),
      begun: clock.now(),
      origin: this.#edges.api.origin,
      class: transferClass,
      fields,
      files,
      transfer_key: sealed ? encode(random(KEY_BYTES)) : null,
    });
  }

  /** The transfer of an earlier run; rejects with upload_over where nothing can be added to it any more. */
  async #takeUp(journal: Journal): Promise<Transfer> {
    const calls = new TransferCalls(this.#edges.api, journal.created[0]?.id ?? "", this.gate.ending);
    try {
      const transfer = await calls.show();
      if (OVER.has(transfer.state)) throw failure("upload_over");
      return transfer;
    } catch (error) {
      if (error instanceof Refused && (error.status === 404 || error.status === 410)) throw failure("upload_over");
      throw error;
    }
  }

  async #send(asking: Asking, created: CreatedUpload, { resumed }: { resumed: boolean }): Promise<Sent> {
    const { api, crypto } = this.#edges;
    const { journal, sources, random } = asking;
    const calls = new TransferCalls(api, created.id, this.gate.ending);
    const sealed = await sealedFiles(created, asking);
    const blobs = blobsOf(created, sealed, asking, crypto);
    if (resumed) {
      this.course.enter("comparing");
      await comparePromised(journal, blobs.values(), this.gate);
    }
    const left = resumed
      ? await this.#endure(() => missingParts(calls, blobs.values()))
      : new Map([...blobs].map(([id, blob]) => [id, partsOf(blob)]));
    const parts = [...left.values()].flat();
    const sentBytes = bytesOf(parts);
    const total = [...blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
    const sourceOf = new Map(created.files.map((file, at) => [file.id, sources[at] as FileSource]));
    const completion = new Completion(calls, { crypto, journal, random }, { sealed, sources: sourceOf });
    const missing = (blob: string): number => bytesOf(left.get(blob) ?? []);
    this.#liveness.begin(created.files, blobs.values(), missing);
    this.course.begin(total, total - sentBytes);
    this.course.enter("moving");
    // A blob whose parts are all in but which was never completed: the crash came between the two calls.
    const whole = [...left].filter(([, missing]) => missing.length === 0).map(([id]) => blobs.get(id) as SendBlob);
    const complete = (blob: SendBlob): Promise<void> => this.#endure(() => completion.complete(blob));
    await Promise.all(whole.map(complete));
    const urls = new PartUrls(calls, api.world.clock, journal, { parts, given: created.given });
    const sending = { world: api.world, journal, urls, gate: this.gate };
    const watched = { progress: this.course, liveness: this.#liveness, patience: this.#patience };
    await sendParts({ ...sending, ...watched }, parts, complete);
    this.course.enter("finishing");
    await this.#keepLinkKey(journal, created.id);
    return this.#done(journal, await this.#endure(() => calls.complete(this.#ways(journal))), {
      resumed,
      sentBytes,
    });
  }

  #endure<T>(work: () => Promise<T>): Promise<T> {
    return this.#patience.endure(work);
  }

  async #keepLinkKey({ ways }: Journal, transfer: string): Promise<void> {
    if (ways?.link_key) await this.#options.keepLinkKey?.(transfer, ways.link_key);
  }

  #ways({ ways }: Journal): Json {
    return {
      ...(ways !== null && ways.slots.length > 0 && { slots: ways.slots }),
      ...(ways?.passphrase_auth && { passphrase_auth: ways.passphrase_auth }),
    };
  }

  #done(journal: Journal, transfer: Transfer, run: { resumed: boolean; sentBytes: number }): Sent {
    this.course.enter("done");
    return { transfer, linkKey: journal.ways?.link_key ?? null, ...run };
  }
}

/** The server said no to create, and would again: there is nothing to go on with. */
function nothingMade({ created }: Journal, error: unknown): boolean {
  return created.length === 0 && error instanceof Refused && [400, 403, 413, 422].includes(error.status);
}

function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { range: [start, end] }) => sum + end - start, 0);
}
