/** How a file gets to the disk of whoever is in front of this browser: one rule for all screens, with its reason. */

import type { TransferClass } from "../../engine/api/types";
import { MEMORY_LIMIT } from "./memory_download";
import { canPick } from "./picked";
import { readyWorker } from "./worker_download";

/**
 * `picker`: the person says where, and the file is written there as it is opened. `worker`: the browser's own download
 * list. `memory`: gathered first. `compatible`: the server opens it. `none`: not in this browser.
 */
export type SaveKind = "picker" | "worker" | "memory" | "compatible" | "none";

/**
 * Why: `large` (a long download is safer in a file of its own than in a worker the browser may end), `usual`, `no_worker`,
 * `small`, `in_app` (a browser inside another app), `old` (it lacks what opening needs), `sealed` (nobody else may open it).
 */
export type SaveReason = "large" | "usual" | "no_worker" | "small" | "in_app" | "old" | "sealed";

export interface SaveWay {
  readonly kind: SaveKind;
  readonly because: SaveReason;
}

/** What is to be saved, in one file: a file of the transfer, or the zip of all. */
export interface ToSave {
  readonly class: TransferClass;
  readonly size: number;
  /** Whether the tenant allows that the server opens files (spec/api.md, compatible downloads). */
  readonly compatible: boolean;
}

/** What a browser can do. `engine`: fetch a file and open it at all. */
export interface Capabilities {
  readonly engine: boolean;
  readonly inApp: boolean;
  readonly picker: boolean;
  readonly worker: boolean;
}

/** From here a person is asked where to save, where the browser can: a worker may be ended in a download of many minutes. */
export const PICKER_FROM = 256 * 2 ** 20;
// Browsers inside apps: LINE, Facebook, Instagram, WeChat, KakaoTalk, Yahoo! JAPAN, X, and Android's web views.
const IN_APP = /\bLine\/|FBA[NV]|Instagram|MicroMessenger|KAKAOTALK|YJApp|Twitter|; wv\)/;

/** The way for one file. */
export function saveWay(what: ToSave, can: Capabilities): SaveWay {
  if (!can.engine) return byServer(what, "old");
  if (can.inApp) return what.class === "sealed" && what.size <= MEMORY_LIMIT ? memory() : byServer(what, "in_app");
  if (can.picker && what.size >= PICKER_FROM) return { kind: "picker", because: "large" };
  if (can.worker) return { kind: "worker", because: "usual" };
  if (can.picker) return { kind: "picker", because: "no_worker" };
  return what.size <= MEMORY_LIMIT ? memory() : byServer(what, "no_worker");
}

/** What this browser can do. Registers the service worker: so it is there when somebody clicks. */
export async function capabilities(): Promise<Capabilities> {
  const engine = "subtle" in (globalThis.crypto ?? {}) && "any" in AbortSignal && "Worker" in globalThis;
  const inApp = IN_APP.test(navigator.userAgent);
  const worker = engine && !inApp && (await readyWorker().then(isThere, isNot));
  return { engine, inApp, picker: canPick().file, worker };
}

function byServer(what: ToSave, because: SaveReason): SaveWay {
  if (what.class === "sealed") return { kind: "none", because: "sealed" };
  return { kind: what.compatible ? "compatible" : "none", because };
}

function memory(): SaveWay {
  return { kind: "memory", because: "small" };
}

const isThere = (): boolean => true;
const isNot = (): boolean => false;
