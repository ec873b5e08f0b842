/** How far an upload is, before the page's title: what people see of a tab in the background. */

const MARK = /^\d+% · /;

/** The title with another percentage, or without one. */
export function titleWith(title: string, percent: number | null): string {
  const bare = title.replace(MARK, "");
  return percent === null ? bare : `${percent}% · ${bare}`;
}

/** Whole percent, 100 only when all is in. */
export function percentOf({ done, total }: { readonly done: number; readonly total: number }): number {
  return total === 0 ? 0 : Math.floor((done / total) * 100);
}
