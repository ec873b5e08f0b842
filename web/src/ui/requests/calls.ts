/** The calls of the member's screens for file requests. Each rejects as Api.call does (Refused, Failure). */

import type { Api, Page } from "../../engine";
import { bodyOf, type Draft } from "./draft";
import type { FileRequest } from "./wire";

const BASE = "/transfers/v1/requests";
export const LINES_A_PAGE = 50;

/** A page of one's own requests, newest first. It may be short and still have a `next`. */
export async function listRequests(
  api: Api,
  state: "" | "open" | "closed",
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<FileRequest>> {
  const query = { state: state || undefined, limit: LINES_A_PAGE, cursor: cursor ?? undefined };
  return (await api.get(BASE, query, signal)) as unknown as Page<FileRequest>;
}

export async function showRequest(api: Api, id: string, signal?: AbortSignal): Promise<FileRequest> {
  return (await api.get(`${BASE}/${encodeURIComponent(id)}`, {}, signal)) as unknown as FileRequest;
}

/** `key`: one Idempotency-Key for one filled form, so that pressing twice makes one request. */
export async function makeRequest(api: Api, draft: Draft, key: string): Promise<FileRequest> {
  return (await api.post(BASE, bodyOf(draft), { key })) as unknown as FileRequest;
}

/** Its links lead nowhere from then on; what came stays. */
export async function closeRequest(api: Api, id: string): Promise<FileRequest> {
  return (await api.call("DELETE", `${BASE}/${id}`)) as unknown as FileRequest;
}
