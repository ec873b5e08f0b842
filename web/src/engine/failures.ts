/** Failures of the engine beyond the format's: each with a stable code whose words stand in messages.ts. */

import { Failure } from "./format/errors";

export { Failure, FormatError } from "./format/errors";

/** Codes that the engine itself gives; a server's own codes (spec/errors.md) come as Refused. */
export const ENGINE_CODES = [
  "browser_failed",
  "browser_full",
  "class_differs",
  "digest_differs",
  "disk_full",
  "duplicate_name",
  "file_changed",
  "file_refused",
  "file_unreadable",
  "files_differ",
  "gone",
  "key_missing",
  "length_differs",
  "link_wrong",
  "network",
  "no_files",
  "save_cancelled",
  "save_failed",
  "save_impossible",
  "save_refused",
  "server_wrong",
  "signed_out",
  "size_differs",
  "stopped",
  "store_full",
  "too_many_files",
  "upload_over",
  "upload_running",
  "upload_unknown",
  "worker_failed",
  "worker_lost",
] as const;

export type EngineCode = (typeof ENGINE_CODES)[number];

/** A failure with a code of ENGINE_CODES. */
export function failure(code: EngineCode, detail?: string): Failure {
  return new Failure(code, detail);
}

/** A problem answer (RFC 9457) of the server: `title` and `hint` are in the language that was asked for. */
export class Refused extends Failure {
  readonly status: number;
  readonly title: string;
  readonly hint: string;
  /** Seconds after which to try again, where the server said so. */
  readonly retryAfter: number | null;
  readonly problems: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: number | null) {
    super(textOf(problem["code"]) || `http_${status}`);
    this.status = status;
    this.title = textOf(problem["title"]);
    this.hint = textOf(problem["hint"]);
    this.retryAfter = retryAfter;
    const listed = Array.isArray(problem["errors"]) ? (problem["errors"] as Record<string, unknown>[]) : [];
    this.problems = listed.map((one) => ({
      pointer: textOf(one?.["pointer"]),
      code: textOf(one?.["code"]),
      detail: textOf(one?.["detail"]),
    }));
  }
}

/** Whether a failure is of one of these codes. */
export function isFailure(error: unknown, ...codes: readonly string[]): error is Failure {
  return error instanceof Failure && codes.includes(error.code);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
