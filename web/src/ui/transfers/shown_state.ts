/** A transfer's state in words: what it is called, how it is coloured, and what comes next. */

import type { Stage, State, Transfer } from "./wire";

/** Colour is never alone: each tone comes with its words. */
export type Tone = "calm" | "busy" | "good" | "warn" | "bad";

/** Keys of words, with what goes into them. `moment` is RFC 3339 or null. */
export interface ShownState {
  readonly name: string;
  readonly next: string;
  readonly tone: Tone;
  readonly moment: string | null;
}

const TONES: Readonly<Record<State, Tone>> = {
  uploading: "busy",
  checking: "busy",
  blocked: "bad",
  quarantined: "warn",
  awaiting_approval: "warn",
  held: "warn",
  ready: "good",
  closed: "calm",
  destroying: "calm",
  destroyed: "calm",
};

const OVER: readonly State[] = ["closed", "destroying", "destroyed"];
/** States that go on to another one without anybody's doing. */
const MOVING: readonly State[] = ["uploading", "checking", "held", "closed", "destroying"];

/** Whether nobody can fetch it any more. */
export function isOver(transfer: Transfer): boolean {
  return OVER.includes(transfer.state);
}

/** Whether its state may change by itself within minutes, so that it is worth looking again soon. */
export function isMoving(transfer: Transfer): boolean {
  return MOVING.includes(transfer.state);
}

/** Whether links lead anywhere: only what is ready is shown to those outside. */
export function hasLinks(transfer: Transfer): boolean {
  return transfer.state === "ready";
}

/** Whether its owner may still change it: expiry, limit, recipients. */
export function canChange(transfer: Transfer): boolean {
  return transfer.version !== undefined && !isOver(transfer);
}

/** Whether "send now" means anything: before the hold or the set time is over. */
export function canSendNow(transfer: Transfer): boolean {
  const waits = transfer.state === "held" || transfer.send_at !== undefined || transfer.hold_until !== undefined;
  return canChange(transfer) && waits && ["uploading", "checking", "held"].includes(transfer.state);
}

/** The words of a state. A reason names a closed one better than its state does; a destroyed one says both. */
export function shownState(transfer: Transfer): ShownState {
  const { state, reason } = transfer;
  const over = isOver(transfer) && reason !== undefined;
  const name = over && state === "closed" ? `reason_${reason}` : `state_${state}`;
  const bad = reason === "infected" || reason === "rejected";
  return {
    name,
    next: nextOf(transfer),
    tone: state === "closed" && bad ? "bad" : TONES[state],
    moment: momentOf(transfer),
  };
}

function nextOf({ state, request, send_at }: Transfer): string {
  if (state === "held" && send_at !== undefined) return "next_held_set_time";
  if (state === "ready" && request !== undefined) return "next_ready_received";
  return `next_${state}`;
}

function momentOf(transfer: Transfer): string | null {
  const { state } = transfer;
  if (state === "held") return transfer.hold_until ?? transfer.send_at ?? null;
  if (state === "destroyed") return transfer.destroyed_at ?? null;
  if (state === "ready" || state === "uploading") return transfer.expires_at;
  return transfer.closed_at ?? null;
}

const STAGE_TONES: Readonly<Record<Stage, Tone>> = {
  waiting: "calm",
  invited: "calm",
  opened: "busy",
  downloaded: "good",
  exhausted: "good",
};

/** The colour of where a recipient stands. */
export function stageTone(stage: Stage): Tone {
  return STAGE_TONES[stage];
}

/** How many of the recipients at hand have fetched something. */
export function fetchedBy({ recipients }: Transfer): number {
  return recipients.filter(({ downloads }) => downloads > 0).length;
}

/** The key of what stands for a missing title; titles go with the files. */
export function untitled({ request, destroyed_at }: Transfer): string {
  if (destroyed_at !== undefined) return "untitled_erased";
  return request === undefined ? "untitled" : "untitled_request";
}
