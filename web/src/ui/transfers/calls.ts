/** The calls of the member's screens for transfers. Each rejects as Api.call does (Refused, Failure). */

import type { Api, Json, ServerFile } from "../../engine";
import { asked, type Filters } from "./filters";
import type { CopiedLink, Page, Transfer } from "./wire";

const BASE = "/transfers/v1/transfers";
export const LINES_A_PAGE = 50;

/** One page of a list, newest first. It may be short, even empty, and still have a `next`. */
export async function listTransfers(
  api: Api,
  filters: Filters,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<Transfer>> {
  const query = { ...asked(filters), limit: LINES_A_PAGE, cursor: cursor ?? undefined };
  return (await api.get(BASE, query, signal)) as unknown as Page<Transfer>;
}

/** One transfer with its first 100 recipients. */
export async function showTransfer(api: Api, id: string, recipients?: string, signal?: AbortSignal): Promise<Transfer> {
  return (await api.get(`${BASE}/${encodeURIComponent(id)}`, { recipients }, signal)) as unknown as Transfer;
}

/** What a PATCH changes. */
export interface Change {
  readonly expires_at?: string;
  readonly max_downloads?: number;
  readonly add_recipients?: readonly { readonly email: string; readonly name?: string }[];
  readonly send_now?: true;
}

/** Changes what was read as `transfer`; rejects with Refused("version_changed") where somebody else was quicker. */
export async function changeTransfer(api: Api, transfer: Transfer, change: Change): Promise<Transfer> {
  const more = { body: change as Json, ...(transfer.version !== undefined && { version: transfer.version }) };
  return (await api.call("PATCH", `${BASE}/${transfer.id}`, more)) as unknown as Transfer;
}

export async function recallTransfer(api: Api, id: string): Promise<Transfer> {
  return (await api.call("DELETE", `${BASE}/${id}`)) as unknown as Transfer;
}

/** The recipients' links, to be passed on by hand; gone unless the transfer is ready. */
export async function copyLinks(api: Api, id: string, recipient?: string): Promise<readonly CopiedLink[]> {
  const body = recipient === undefined ? {} : { recipient };
  return (await api.post(`${BASE}/${id}/links`, body))["links"] as readonly CopiedLink[];
}

/** The signed document; rejects with not_yet_destroyed, still_recoverable. */
export function showCertificate(api: Api, id: string, statement?: "recoverable-past"): Promise<Json> {
  return api.get(`${BASE}/${encodeURIComponent(id)}/certificate`, { statement });
}

/** The signed receipt of what a guest sent; rejects with receipt_not_ready. */
export function showReceipt(api: Api, id: string): Promise<Json> {
  return api.get(`${BASE}/${encodeURIComponent(id)}/receipt`);
}

/** The fingerprint of the root under which this installation signs. */
export async function proofRoot(api: Api): Promise<string> {
  return String((await api.get("/transfers/v1/proof-root"))["root_fingerprint"]);
}

/** A page of a transfer's files; whoever may not see their names is answered not_found. */
export async function listFiles(api: Api, id: string, cursor: string | null): Promise<Page<ServerFile>> {
  return (await api.get(`${BASE}/${id}/files`, {
    limit: 100,
    cursor: cursor ?? undefined,
  })) as unknown as Page<ServerFile>;
}
