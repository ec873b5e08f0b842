/** The calls of the service "transfers" that sending and receiving need, typed. */

import { failure } from "../failures";
import type { Json } from "./answers";
import type { Api } from "./api";
import type { Created, Downloads, Page, PartsHeld, PartUrl, ServerFile, Transfer } from "./types";

const BASE = "/transfers/v1/transfers";
const PAGE = 200;
export const MOST_FILES = 10_000;

/** One transfer's routes. Each rejects as Api.call does. */
export class TransferCalls {
  readonly #api: Api;
  readonly #base: string;
  readonly #signal: AbortSignal | undefined;

  constructor(api: Api, id: string, signal?: AbortSignal) {
    this.#api = api;
    this.#base = `${BASE}/${id}`;
    this.#signal = signal;
  }

  show(): Promise<Transfer> {
    return this.#get("");
  }

  /** Every file, in order; throws server_wrong where a list names one twice or never ends. */
  async files(): Promise<ServerFile[]> {
    const found: ServerFile[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<ServerFile> = await this.#get("/files", { cursor, limit: PAGE });
      found.push(...page.items);
      cursor = page.next ?? undefined;
      const ids = new Set(found.map((file) => file.id));
      if (ids.size !== found.length || found.length > MOST_FILES) throw failure("server_wrong", "list of files");
    } while (cursor !== undefined);
    return found;
  }

  addFiles(body: Json, key: string): Promise<Created> {
    return this.#post("/files", body, key);
  }

  async partsHeld(blob: string): Promise<PartsHeld["parts"]> {
    return (await this.#get<PartsHeld>("/parts", { blob })).parts;
  }

  async partUrls(parts: readonly Json[], headers: readonly Json[]): Promise<readonly PartUrl[]> {
    const body = headers.length === 0 ? { parts } : { parts, headers };
    return (await this.#post<{ uploads: readonly PartUrl[] }>("/parts", body)).uploads;
  }

  completeFiles(files: readonly Json[]): Promise<Json> {
    return this.#post("/files/complete", { files });
  }

  complete(body: Json): Promise<Transfer> {
    return this.#post("/complete", body);
  }

  downloads(body: Json): Promise<Downloads> {
    return this.#post("/downloads", body);
  }

  downloadComplete(session: string, files: readonly string[]): Promise<Json> {
    return this.#post(`/downloads/${session}/complete`, { files });
  }

  async #get<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<T> {
    return (await this.#api.get(this.#base + path, query, this.#signal)) as T;
  }

  async #post<T>(path: string, body: Json, key?: string): Promise<T> {
    const more = { ...(key !== undefined && { key }), ...(this.#signal && { signal: this.#signal }) };
    return (await this.#api.post(this.#base + path, body, more)) as T;
  }
}

/** Creates a transfer; the same key answers as the first time did. */
export async function createTransfer(api: Api, body: Json, key: string, signal?: AbortSignal): Promise<Created> {
  const found = await api.post(BASE, body, { key, ...(signal && { signal }) });
  return found as unknown as Created;
}
