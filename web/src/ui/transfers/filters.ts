/**
 * What a list of transfers is narrowed by. It stands in the page's own address, so that reload, back and a copied
 * address show the same list. Days are the reader's: the API is asked with their beginning and end as moments.
 */

import type { TransferClass } from "../../engine";
import type { Box, State } from "./wire";

export const STATES: readonly State[] = [
  "uploading",
  "checking",
  "blocked",
  "quarantined",
  "awaiting_approval",
  "held",
  "ready",
  "closed",
  "destroying",
  "destroyed",
];
export const CLASSES: readonly TransferClass[] = ["managed", "sealed", "plain"];
const BOXES: readonly Box[] = ["sent", "received", "all"];
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** As the server takes them (spec/api.md, search). */
const LONGEST = 200;

/** Empty text means "any". `from` and `to` are days (2026-01-31), both included. */
export interface Filters {
  readonly box: Box;
  readonly q: string;
  readonly state: State | "";
  readonly class: TransferClass | "";
  readonly recipient: string;
  readonly from: string;
  readonly to: string;
}

/** The filters in an address's query; what is unknown there counts as not given. */
export function readFilters(query: URLSearchParams, box: Box): Filters {
  return {
    box: oneOf(BOXES, query.get("box")) || box,
    q: textOf(query.get("q")),
    state: oneOf(STATES, query.get("state")),
    class: oneOf(CLASSES, query.get("class")),
    recipient: textOf(query.get("recipient")),
    from: dayOf(query.get("from")),
    to: dayOf(query.get("to")),
  };
}

/** The query of the page's address: only what differs from an unfiltered list of `box`. */
export function writeFilters(filters: Filters, box: Box): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== "" && !(name === "box" && value === box)) query.set(name, value);
  }
  return query;
}

/** What the API is asked. The last day is included, so the moment asked for is the beginning of the next one. */
export function asked(filters: Filters): Readonly<Record<string, string>> {
  const { from, to, ...rest } = filters;
  const given = Object.entries({ ...rest, q: rest.q.trim(), recipient: rest.recipient.trim() });
  const query = Object.fromEntries(given.filter(([, value]) => value !== ""));
  if (from !== "") query["from"] = beginningOf(from, 0);
  if (to !== "") query["to"] = beginningOf(to, 1);
  return query;
}

/** Whether anything narrows the list; the box is which list, not how it is narrowed. */
export function isNarrowed({ box: _, ...rest }: Filters): boolean {
  return Object.values(rest).some((value) => value.trim() !== "");
}

/** How many of the filters behind "more filters" are set; the search is always in sight. */
export function narrowedBy({ box: _, q: __, ...rest }: Filters): number {
  return Object.values(rest).filter((value) => value.trim() !== "").length;
}

function beginningOf(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

function dayOf(text: string | null): string {
  if (text === null || !DAY.test(text)) return "";
  const [year = 0, month = 1, date = 1] = text.split("-").map(Number);
  const day = new Date(Date.UTC(year, month - 1, date));
  return day.toISOString().startsWith(text) ? text : "";
}

function textOf(text: string | null): string {
  return (text ?? "").slice(0, LONGEST);
}

function oneOf<Value extends string>(values: readonly Value[], text: string | null): Value | "" {
  return values.find((one) => one === text) ?? "";
}
