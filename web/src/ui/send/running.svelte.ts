/**
 * One upload while the page lives: what is drawn of it, and what it needs of the browser meanwhile. It outlives the screen that
 * began it, so that a person can look at other screens while it runs.
 */

import { type KeptFile, keepFiles } from "../../edges/kept_files";
import { keepAwake } from "../../edges/wake_lock";
import {
  type Api,
  type FileSource,
  type Held,
  isFailure,
  type LivePart,
  type Phase,
  type Sent,
  Upload,
  type UploadOptions,
} from "../../engine";
import { failure } from "../../engine/failures";
import { announce, notify } from "../frame/questions.svelte";
import { t } from "../frame/words.svelte";
import { percentOf, titleWith } from "./page_title";
import { knownRate, learnRate } from "./rate";
import { uploadEdges } from "./upload_edges";

/** What is to be sent, and by whom. `journal` names its resume record. */
export interface Task {
  readonly api: Api;
  readonly sources: readonly FileSource[];
  readonly options: UploadOptions & { readonly journal: string };
  /** The files' ways, where the browser can open them again after a restart. */
  readonly ways?: readonly KeptFile[];
}

/** A moment of it, drawn a few times a second. */
export interface View {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  readonly rate: number | null;
  readonly secondsLeft: number | null;
  readonly held: Held | null;
  readonly parts: readonly LivePart[];
}

export type RunState = "running" | "failed" | "done" | "stopped";

const DRAWN_MS = 250;
/** Tries while a browser says nothing of a line that is back. */
const WAIT_MS = 15_000;
/** The sending screen, and a guest's page: what they show of an upload, nobody has to be told of besides. */
const OWN_SCREEN = /^\/(?:send|l)(?:\/|$)/;
const NOTHING: View = { phase: "preparing", done: 0, total: 0, rate: null, secondsLeft: null, held: null, parts: [] };

export class Running {
  readonly task: Task;
  #upload: Upload;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #said = 0;
  #rate: number | null = null;
  #ended: Promise<void> = Promise.resolve();
  #state = $state<RunState>("running");
  #view = $state.raw<View>(NOTHING);
  #error = $state.raw<unknown>(null);
  #sent = $state.raw<Sent | null>(null);

  constructor(task: Task) {
    this.task = task;
    this.#upload = this.#made();
  }

  get state(): RunState {
    return this.#state;
  }

  get view(): View {
    return this.#view;
  }

  get error(): unknown {
    return this.#error;
  }

  get sent(): Sent | null {
    return this.#sent;
  }

  /** How much of a file is in, 0 to 1. Look at `view` as well, so that it is drawn anew. */
  shareOf(file: number): number {
    return this.#state === "done" ? 1 : this.#upload.shareOf(file);
  }

  /** Settled when the run has ended, one way or another. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Runs it to its end, whatever that is: what came of it stands in `state`, `sent` and `error`. */
  run(): Promise<void> {
    this.#ended = this.#run();
    return this.#ended;
  }

  /** Once more where it stopped. */
  again(): Promise<void> {
    this.#upload = this.#made();
    return this.run();
  }

  pause(): void {
    this.#upload.pause();
    this.#draw();
  }

  go(): void {
    this.#upload.go();
    this.#draw();
  }

  /** Ends it; what was stored stays for another run. */
  stop(): void {
    this.#upload.stop();
  }

  async #run(): Promise<void> {
    const endings = [keepAwake(), guardUnload()];
    this.#state = "running";
    this.#error = null;
    try {
      const { ways, options } = this.task;
      const run = this.#upload.run();
      if (ways !== undefined) void keepFiles(options.journal, ways);
      this.#sent = await run;
      this.#state = "done";
      this.#tell("send.said_done", "good");
    } catch (error) {
      this.#state = isFailure(error, "stopped") ? "stopped" : "failed";
      this.#error = error;
      if (this.#state === "failed") this.#tell("send.said_failed", "info");
    } finally {
      learnRate(this.#rate, this.#view.done);
      this.#draw();
      for (const end of endings) end();
      document.title = titleWith(document.title, null);
    }
  }

  #made(): Upload {
    const { api, sources, options } = this.task;
    const wait = (held: Held, signal: AbortSignal): Promise<void> => {
      // The page's own dialog has asked already, and the answer was no.
      if (held === "signed_out") return Promise.reject(failure("signed_out"));
      return api.world.clock.sleep(WAIT_MS, signal);
    };
    const changed = (): void => {
      this.#timer ??= setTimeout(() => this.#draw(), DRAWN_MS);
    };
    return new Upload(uploadEdges(api), sources, { rate: knownRate(), wait, ...options }, changed);
  }

  #draw(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { progress, parts, held } = this.#upload;
    this.#view = { ...progress, parts, held };
    if (this.#state !== "running") return;
    this.#rate = progress.rate ?? this.#rate;
    const percent = percentOf(progress);
    document.title = titleWith(document.title, percent);
    this.#say(percent);
  }

  /** Where another screen is shown, a notice tells it; on its own a failure is an alert already. */
  #tell(key: string, kind: "good" | "info"): void {
    if (!OWN_SCREEN.test(location.pathname)) notify(t(key), kind);
    else if (kind === "good") announce(t(key));
  }

  /** A quarter at a time: a screen reader that tells every percent tells nothing else. */
  #say(percent: number): void {
    const quarter = Math.floor(percent / 25);
    if (quarter > this.#said && percent < 100) announce(t("send.said_percent", { percent: quarter * 25 }));
    this.#said = quarter;
  }
}

/** A browser asks before the page is closed while something is sent. */
function guardUnload(): () => void {
  const guard = (event: BeforeUnloadEvent): void => event.preventDefault();
  addEventListener("beforeunload", guard);
  return () => removeEventListener("beforeunload", guard);
}
