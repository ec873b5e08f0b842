/** Lists as they were left, so that the way back from a transfer finds the same lines at the same place. In memory alone. */

import type { Gathered, Line } from "./gathering";

const MOST = 6;
const kept = new Map<string, Gathered<Line>>();

/** The name of a list: whose it is comes first, so that nobody sees the list of who signed in before. */
export function listName(member: string, screen: string, query: Readonly<Record<string, string>>): string {
  return JSON.stringify([member, screen, Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

export function keepList(name: string, list: Gathered<Line>): void {
  kept.delete(name);
  kept.set(name, list);
  const [oldest] = kept.keys();
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

export function keptList<Item extends Line>(name: string): Gathered<Item> | null {
  return (kept.get(name) as Gathered<Item> | undefined) ?? null;
}
