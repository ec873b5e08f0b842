/** Saving files of one transfer to the disk of whoever is in front of the page: one job, from the click to its end. */

import { clickLink, memoryDownload } from "../../edges/saving/memory_download";
import { type PickedFolder, pickFile } from "../../edges/saving/picked";
import type { SaveKind } from "../../edges/saving/save_way";
import { workerDownload } from "../../edges/saving/worker_download";
import { keepAwake } from "../../edges/wake_lock";
import type { Api } from "../../engine/api/api";
import type { CryptoPool } from "../../engine/crypto/pool";
import { compatibleAddress } from "../../engine/download/compatible";
import { Download, type Fetched } from "../../engine/download/download";
import type { OpenTransfer } from "../../engine/download/opened_transfer";
import type { RemoteFile } from "../../engine/download/remote_files";
import type { FileSink } from "../../engine/edges";
import { failure } from "../../engine/failures";
import { safePaths } from "../../engine/format/safe_paths";
import type { Held } from "../../engine/patience";
import type { ProgressState } from "../../engine/progress";
import type { Wish } from "./file_tree";

export type { Wish } from "./file_tree";

/** What a person reads at the end of a file. */
export interface SavedFile {
  readonly name: string;
  readonly sha256: string;
}

/** `handed`: the browser saves it by itself from here on, and shows it in its own list. */
export type JobStage =
  | { readonly at: "opening" }
  | { readonly at: "moving" }
  | { readonly at: "done"; readonly files: readonly SavedFile[] }
  | { readonly at: "handed" }
  | { readonly at: "failed"; readonly error: unknown };

/** Whom the job works for. `title` names a zip. */
export interface JobEdges {
  readonly api: Api;
  readonly crypto: CryptoPool;
  readonly transfer: OpenTransfer;
}

const DRAWN_MS = 200;
/** Tries while a browser says nothing of a line that is back. */
const WAIT_MS = 15_000;

/** One job; `stage`, `progress` and `held` are reactive. Make another for another try. */
export class SaveJob {
  stage = $state.raw<JobStage>({ at: "opening" });
  progress = $state.raw<ProgressState | null>(null);
  /** What it waits for, by itself. */
  held = $state.raw<Held | null>(null);
  readonly #edges: JobEdges;
  #download: Download | null = null;
  #sums: SavedFile[] = [];
  #before = 0;
  #total = 0;
  #drawnAt = 0;
  #stopped = false;

  constructor(edges: JobEdges) {
    this.#edges = edges;
  }

  get running(): boolean {
    return this.stage.at === "opening" || this.stage.at === "moving";
  }

  pause(): void {
    this.#download?.pause();
  }

  go(): void {
    this.#download?.go();
  }

  stop(): void {
    this.#stopped = true;
    this.#download?.stop();
  }

  /** One file, or several as one zip, the given way. To be called in a click. Gives false where the person chose no place for it. */
  async save(wish: Wish, kind: Exclude<SaveKind, "none">): Promise<boolean> {
    let picked: FileSink | null = null;
    if (kind === "picker") {
      // First of all: browsers show the dialog in answer to a click only, and nothing is counted before it.
      picked = await pickFile(wish.name).catch((error: unknown) => this.#fail(error));
      if (picked === null) return this.stage.at === "failed";
    }
    await this.#run(async () => {
      if (kind === "compatible") return this.#handOver(wish);
      const sinkFor = async (name: string, length: number): Promise<FileSink> =>
        picked ?? (kind === "memory" ? memoryDownload(name) : await workerDownload(name, length));
      const download = await this.#open(wish.ids, wish.size);
      const [only] = download.files;
      if (download.files.length === 1 && only !== undefined) await this.#one(download, only, sinkFor);
      else await this.#zip(download, wish.name, sinkFor);
      this.stage = { at: "done", files: this.#sums };
    });
    if (this.stage.at === "failed") await picked?.discard();
    return true;
  }

  /**
   * Each file under its own name into a folder that was picked. `saved` holds by id what an earlier try saved there, and takes what
   * this one does: nothing is fetched twice.
   */
  async saveInto(folder: PickedFolder, wish: Wish, saved: Map<string, SavedFile>): Promise<void> {
    await this.#run(async () => {
      const left = wish.ids.filter((id) => !saved.has(id));
      const download = await this.#open(left, wish.size);
      const paths = await safePaths(download.files.map((file) => file.record.name));
      for (const [at, file] of download.files.entries()) {
        const { sha256 } = await download.fetch(file, await folder.sink(paths[at] ?? []));
        saved.set(file.id, { name: file.record.name, sha256 });
        this.#before += file.entry.length;
      }
      this.stage = { at: "done", files: [...saved.values()] };
    });
  }

  async #one(
    download: Download,
    file: RemoteFile,
    sinkFor: (name: string, length: number) => Promise<FileSink>,
  ): Promise<void> {
    const [path] = await safePaths([file.record.name]);
    this.#arrived(file, await download.fetch(file, await sinkFor(path?.at(-1) ?? "file", file.record.size)));
  }

  async #zip(
    download: Download,
    name: string,
    sinkFor: (name: string, length: number) => Promise<FileSink>,
  ): Promise<void> {
    const known = new Map(download.files.map((file) => [file.id, file]));
    const zip = await download.zip(Date.now(), (fetched) => this.#arrived(known.get(fetched.id), fetched));
    const sink = await sinkFor(name, zip.length);
    try {
      await sink.begin(0);
      for await (const piece of zip.content) await sink.write(piece);
      await sink.finish();
    } catch (error) {
      await sink.discard();
      throw error;
    }
  }

  async #handOver(wish: Wish): Promise<void> {
    const { url, name } = await compatibleAddress(this.#edges.api, this.#edges.transfer.id, wish.ids);
    clickLink(url, name);
    this.stage = { at: "handed" };
  }

  async #open(ids: readonly string[], size: number): Promise<Download> {
    const { api, crypto, transfer } = this.#edges;
    this.#total = size;
    const wait = (held: Held, signal: AbortSignal): Promise<void> => {
      // Whoever may ask for another proof has asked already.
      return held === "signed_out" ? Promise.reject(failure("signed_out")) : api.world.clock.sleep(WAIT_MS, signal);
    };
    const edges = { api, crypto, wait, changed: () => this.#draw() };
    const download = await Download.open(edges, transfer, { ids, opened: transfer });
    this.#download = download;
    if (this.#stopped) download.stop();
    this.#total = download.files.reduce((sum, file) => sum + file.entry.length, 0);
    this.stage = { at: "moving" };
    return download;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const awake = keepAwake();
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    } finally {
      awake();
      this.#draw();
    }
  }

  #fail(error: unknown): null {
    this.stage = { at: "failed", error };
    return null;
  }

  #arrived(file: RemoteFile | undefined, { sha256 }: Fetched): void {
    this.#sums = [...this.#sums, { name: file?.record.name ?? "", sha256 }];
  }

  /** People read five pictures a second at most; a drawn one for each piece would cost what opening does. */
  #draw(): void {
    const state = this.#download?.progress;
    if (state === undefined) return;
    this.held = this.running ? (this.#download?.held ?? null) : null;
    const now = Date.now();
    if (state.phase === this.progress?.phase && this.running && now - this.#drawnAt < DRAWN_MS) return;
    this.#drawnAt = now;
    const done = this.#before + state.done;
    const { rate } = state;
    this.progress = {
      ...state,
      done,
      total: this.#total,
      secondsLeft: rate === null || rate <= 0 ? null : (this.#total - done) / rate,
    };
  }
}
