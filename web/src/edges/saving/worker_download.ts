/**
 * Saving by the browser's own download list: the service worker answers a request of a hidden frame with an attachment, and
 * this page sends it the bytes (ui/service_worker). Nothing else may read them on their way: a port joins the two.
 */

import { movable } from "../../engine/crypto/messages";
import type { Bytes, FileSink } from "../../engine/edges";
import { failure } from "../../engine/failures";
import { scriptUrl } from "../trusted";
import type { FromFile, IntoFile, ToWorker } from "./worker_messages";

const SCRIPT = "/sw.js";
const SCOPE = "/save/";
/** A worker that is there answers in milliseconds; one that does not will not. */
const READY_MS = 10_000;
const PING_MS = 10_000;

/** Registers the worker, so that it is there when it is needed. Rejects where the browser has none or forbids it. */
export async function readyWorker(): Promise<ServiceWorker> {
  if (!("serviceWorker" in navigator)) throw failure("save_impossible");
  const registration = await navigator.serviceWorker.register(scriptUrl(SCRIPT), {
    scope: SCOPE,
    updateViaCache: "none",
  });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker === null) throw failure("save_impossible");
  if (worker.state === "activated") return worker;
  return within(
    READY_MS,
    new Promise((resolve, reject) => {
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve(worker);
        if (worker.state === "redundant") reject(failure("save_impossible"));
      });
    }),
  );
}

/**
 * A file in the browser's download list, `length` bytes exactly. Rejects with Failure("save_impossible") where no worker
 * answers. The sink's `write` rejects with Failure("save_cancelled") when the person cancelled it in that list, and with
 * Failure("save_failed") when the browser ended the worker. `keep` and `discard` leave a failed download, never a whole one.
 */
export async function workerDownload(name: string, length: number): Promise<FileSink> {
  const worker = await readyWorker().catch((error: unknown) => {
    throw failure("save_impossible", error instanceof Error ? error.name : "unknown");
  });
  const id = crypto.randomUUID();
  const { port1, port2 } = new MessageChannel();
  const file = new WorkerFile(worker, id, port1);
  worker.postMessage({ kind: "save", id, name, length } satisfies ToWorker, [port2]);
  try {
    await within(READY_MS, file.ready);
  } catch (error) {
    await file.discard();
    throw error;
  }
  return file;
}

class WorkerFile implements FileSink {
  readonly #worker: ServiceWorker;
  readonly #id: string;
  readonly #port: MessagePort;
  readonly #pings: ReturnType<typeof setInterval>;
  readonly ready: Promise<void>;
  #isReady: () => void = () => undefined;
  readonly #opened: Promise<void>;
  #isOpened: () => void = () => undefined;
  #allowed = 0;
  #pinged = 0;
  #over: Error | null = null;
  #wake: () => void = () => undefined;

  constructor(worker: ServiceWorker, id: string, port: MessagePort) {
    this.#worker = worker;
    this.#id = id;
    this.#port = port;
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.#opened = new Promise((resolve) => {
      this.#isOpened = resolve;
    });
    port.onmessage = ({ data }: MessageEvent<FromFile>) => this.#take(data);
    navigator.serviceWorker.addEventListener("message", this.#alive);
    this.#pings = setInterval(() => this.#ping(), PING_MS);
  }

  async begin(offset: number): Promise<void> {
    // Nothing of an earlier try can be taken up: the browser has thrown it away or keeps it where no page can look.
    if (offset !== 0) throw failure("save_failed");
    openFrame(SCOPE + this.#id);
    // A browser that asks the server instead of the worker would never want a byte.
    await within(READY_MS, this.#opened);
  }

  async write(bytes: Bytes): Promise<void> {
    // Timers of hidden pages are slowed down, what arrives from the line is not.
    if (performance.now() - this.#pinged > PING_MS) this.#ping();
    while (this.#allowed === 0 && this.#over === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#over !== null) throw this.#over;
    this.#allowed -= 1;
    this.#tell({ kind: "piece", bytes }, movable(bytes));
  }

  async finish(): Promise<void> {
    if (this.#over !== null) throw this.#over;
    this.#tell({ kind: "end" });
    this.#close();
  }

  async discard(): Promise<void> {
    this.#tell({ kind: "fail" });
    this.#close();
  }

  keep(): Promise<void> {
    return this.discard();
  }

  #take(message: FromFile): void {
    if (message.kind === "ready") this.#isReady();
    else if (message.kind === "more") {
      this.#allowed += 1;
      this.#isOpened();
      this.#wake();
    } else this.#end(failure("save_cancelled"));
  }

  readonly #alive = ({ data }: MessageEvent<{ kind?: string; id?: string; alive?: boolean }>): void => {
    if (data?.kind === "alive" && data.id === this.#id && data.alive === false) this.#end(failure("save_failed"));
  };

  #end(why: Error): void {
    this.#over ??= why;
    this.#wake();
    this.#close();
  }

  #ping(): void {
    this.#pinged = performance.now();
    this.#worker.postMessage({ kind: "ping", id: this.#id } satisfies ToWorker);
  }

  #tell(message: IntoFile, moved: Transferable[] = []): void {
    this.#port.postMessage(message, moved);
  }

  #close(): void {
    clearInterval(this.#pings);
    navigator.serviceWorker.removeEventListener("message", this.#alive);
  }
}

/** The answer is an attachment, so the frame stays empty; it must stay until the browser has taken it over. */
function openFrame(url: string): void {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = url;
  document.body.append(frame);
  setTimeout(() => frame.remove(), 60_000);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failure("save_impossible")), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
