/** Lines of a list that grows by pages and is looked at again, without a line twice and without losing the reader's place. */

/** What every line has. Ids of one kind sort by the moment they were made (UUIDv7). */
export interface Line {
  readonly id: string;
}

/** Lines, and where the list goes on; null where it ends. */
export interface Gathered<Item extends Line> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A page put behind what is there. A line that moved down meanwhile (a newer one came) is not shown twice. */
export function appended<Item extends Line>(known: Gathered<Item>, page: Gathered<Item>): Gathered<Item> {
  const ids = new Set(known.items.map(({ id }) => id));
  return { items: [...known.items, ...page.items.filter(({ id }) => !ids.has(id))], next: page.next };
}

/**
 * The first page, read again, laid over what is there: newer lines come on top, changed ones change in place, and lines
 * that the page should hold but does not (they no longer fit the filter) go. What lies below the page stays as it was.
 */
export function refreshed<Item extends Line>(known: Gathered<Item>, first: Gathered<Item>): Gathered<Item> {
  if (first.next === null) return first;
  const fresh = new Set(first.items.map(({ id }) => id));
  const oldest = first.items.at(-1)?.id;
  // An empty page with a next says nothing about any line that is shown.
  if (oldest === undefined) return known;
  // So many came since that lines between the two are missing: the list begins anew.
  if (known.items.length > 0 && !known.items.some(({ id }) => fresh.has(id))) return first;
  const below = known.items.filter(({ id }) => !fresh.has(id) && id < oldest);
  // Nothing reaches as far down as the page: it is all there is to show, and it goes on where the page does.
  return { items: [...first.items, ...below], next: below.length === 0 ? first.next : known.next };
}

/** One line replaced by what it is now. */
export function replaced<Item extends Line>(known: Gathered<Item>, line: Item): Gathered<Item> {
  return { ...known, items: known.items.map((one) => (one.id === line.id ? line : one)) };
}
