/** What is said about a domain before a transfer goes there, and what of it a person has to tick. */

import type { CheckedDomain } from "./calls";

export interface Mark {
  /** A key of the area's words. */
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
  readonly serious: boolean;
}

const REASONS = new Set(["one_letter", "confusable", "punycode", "tld"]);

/** Whether somebody has to say that they mean it. */
export function isMarked(one: CheckedDomain): boolean {
  return one.internal !== true && (one.first_time || one.looks_like !== undefined);
}

/** All there is to say, the gravest first. */
export function marksOf(one: CheckedDomain): readonly Mark[] {
  const marks: Mark[] = [];
  if (one.internal === true) return [{ key: "mark_internal", values: {}, serious: false }];
  if (one.looks_like !== undefined) {
    marks.push({ key: "mark_looks_like", values: { domain: one.looks_like }, serious: true });
    if (REASONS.has(one.reason ?? "")) marks.push({ key: `mark_${one.reason}`, values: {}, serious: false });
  }
  if (one.first_time) marks.push({ key: "mark_first_time", values: {}, serious: true });
  else if (one.first_time_for_you === true) marks.push({ key: "mark_first_for_you", values: {}, serious: false });
  if (one.free_mail === true) marks.push({ key: "mark_free_mail", values: {}, serious: false });
  return marks;
}
