/**
 * What counts as an answer of Fumibako: JSON, and nothing else. A captive portal's page or a proxy's error is tried again
 * and in the end reported as a network failure, never as success.
 */

import type { HttpAnswer } from "../edges";
import { failure, Refused } from "../failures";
import { ATTEMPTS, bearable, Retry } from "./retries";

export const LARGEST_ANSWER = 64 * 2 ** 20;
// A server that never answered in this run is most likely away or something in between: people wait seconds, not a minute.
const FIRST_CONTACT_ATTEMPTS = 4;
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);
// A person's tries are a person's: repeating them in a loop would only make the wait longer.
const FINAL = new Set(["quota_exceeded", "code_spent", "too_many_attempts", "too_many_challenges"]);

/** A JSON object of the server. */
export type Json = Readonly<Record<string, unknown>>;

/** The object in an answer; throws Refused for a problem, Retry for what may pass or is no answer of Fumibako. */
export function objectIn(answer: HttpAnswer & { readonly text: string }, known: boolean): Json {
  // 202: taken, with nothing to say about it. A portal answers 200, and has a page to show.
  if (answer.status === 204 || (answer.status === 202 && answer.text === "")) return {};
  const found = jsonIn(answer);
  if (found === null) {
    const code = known ? "network" : "server_wrong";
    throw new Retry(failure(code, `status ${answer.status}`), { attempts: known ? ATTEMPTS : FIRST_CONTACT_ATTEMPTS });
  }
  if (answer.status >= 200 && answer.status < 300) return found;
  const seconds = Number.parseInt(answer.header("retry-after") ?? "", 10);
  const retryAfter = Number.isNaN(seconds) ? null : seconds;
  const refused = new Refused(answer.status, found, retryAfter);
  const afterMs = retryAfter === null ? null : retryAfter * 1000;
  const transient = TRANSIENT.has(answer.status) || refused.code === "in_flight";
  if (transient && bearable(afterMs) && !FINAL.has(refused.code)) throw new Retry(refused, { afterMs });
  throw refused;
}

function jsonIn(answer: HttpAnswer & { readonly text: string }): Json | null {
  const kind = (answer.header("content-type") ?? "").split(";")[0]?.trim();
  if (kind !== "application/json" && kind !== "application/problem+json") return null;
  try {
    const found: unknown = JSON.parse(answer.text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Json) : null;
  } catch {
    return null;
  }
}
