/**
 * The compatible download: the server opens the files and the browser saves them as it saves everything else. For managed
 * and plain transfers in browsers that can't do it themselves (spec/api.md).
 */

import type { Api } from "../api/api";
import { failure } from "../failures";

/** A session and an address name at most so many files. */
export const FILES_AN_ADDRESS = 256;

/** What the browser is sent to. `url` works for this reader alone, and only for some minutes. */
export interface FetchAddress {
  readonly url: string;
  readonly name: string;
  readonly length: number;
  readonly media_type: string;
  readonly expires_at: string;
}

/** An address for one file, or for several as one zip. This counts as their download. Rejects with Refused (gone, downloads_spent, compatible_not_allowed, sealed_unopenable). */
export async function compatibleAddress(api: Api, transfer: string, ids: readonly string[]): Promise<FetchAddress> {
  const base = `/transfers/v1/transfers/${transfer}/downloads`;
  const { session } = await api.post(base, { files: ids });
  if (typeof session !== "string") throw failure("server_wrong", "no session");
  const found = (await api.post(`${base}/${session}/addresses`, { files: ids })) as unknown as FetchAddress;
  if (typeof found.url !== "string") throw failure("server_wrong", "no address");
  return found;
}
