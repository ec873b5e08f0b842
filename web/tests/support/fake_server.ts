/**
 * A server in memory that keeps the rules of spec/api.md which matter to the engine: plans, idempotency, parts, headers,
 * joining, sessions of downloads, tokens that end. `interfere` may answer in its place, or cut the line.
 */

import { type Http, type HttpAnswer, NetworkFault, type ServerFile, type TransferClass } from "../../src/engine";
import { encode } from "../../src/engine/format/base64url";
import type { Bytes } from "../../src/engine/format/bytes";
import { fileKey } from "../../src/engine/format/keys";
import { planPacks } from "../../src/engine/format/packs";
import { planParts } from "../../src/engine/format/parts";
import type { FakeClock } from "./fake_world";

export const ORIGIN = "https://files.acme.example";
const STORE = "https://store.example";
const MINUTES = 60_000;

type Body = Record<string, unknown>;
type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
};
/** Answers in the server's place: a status with a body, or a cut line; null lets the request through. */
export type Interference = (
  asked: Asked,
) => { status: number; type?: string; body?: string; headers?: Record<string, string> } | "cut" | null;

interface Blob_ {
  readonly size: number;
  readonly parts: Map<number, Bytes>;
  whole: Bytes | null;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export class FakeServer implements Http {
  readonly clock: FakeClock;
  readonly asked: Asked[] = [];
  readonly puts: string[] = [];
  readonly headers = new Map<string, string>();
  readonly blobs = new Map<string, Blob_>();
  readonly files: (ServerFile & { record?: string; checksum?: string; state: "waiting" | "stored" })[] = [];
  readonly transferKey = new Uint8Array(32).fill(7);
  interfere: Interference = () => null;
  class: TransferClass = "managed";
  state = "uploading";
  completed: Body = {};
  created = 0;
  token = "token-0";
  tokenEndsAt = Number.POSITIVE_INFINITY;
  urlMinutes = 15;
  arrived: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  #session = 0;
  #keys = new Map<string, unknown>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  readonly text: Http["text"] = async (request) => {
    if (request.signal?.aborted) throw new NetworkFault("aborted");
    const body = JSON.parse(request.body ?? "{}") as Body;
    const asked = { method: request.method, url: new URL(request.url), body, headers: request.headers };
    this.asked.push(asked);
    await new Promise((resolve) => setImmediate(resolve));
    const instead = this.interfere(asked);
    if (instead === "cut") throw new NetworkFault("cut");
    if (instead !== null)
      return { ...answer(instead.status, instead.type ?? "text/html", instead.headers), text: instead.body ?? "" };
    try {
      return json(200, await this.#route(asked));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return json(error.status, { code: error.code, title: error.code, hint: "-" });
    }
  };

  readonly put: Http["put"] = async (request) => {
    const url = new URL(request.url);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (request.signal?.aborted) throw new NetworkFault("aborted");
      const instead = this.interfere({ method: "PUT", url, body: {}, headers: request.headers });
      if (instead === "cut") throw new NetworkFault("cut");
      if (instead !== null) return answer(instead.status, instead.type ?? "text/html", instead.headers);
      if (Number(url.searchParams.get("exp")) <= this.clock.now()) return answer(403, "application/problem+json");
      const [, blob = "", part = ""] = url.pathname.split("/");
      const bytes = new Uint8Array(Buffer.concat(request.body));
      if (bytes.length !== Number(url.searchParams.get("size"))) return answer(400, "application/problem+json");
      this.blobs.get(blob)?.parts.set(Number(part), bytes);
      this.puts.push(`${blob}/${part}`);
      request.sent?.(bytes.length);
      return answer(200, "", { etag: `"${part}"` });
    } finally {
      this.inFlight -= 1;
    }
  };

  readonly bytes: Http["bytes"] = async (request) => {
    const url = new URL(request.url);
    await new Promise((resolve) => setImmediate(resolve));
    if (request.signal?.aborted) throw new NetworkFault("aborted");
    const asked = { method: "GET", url, body: {}, headers: request.headers };
    this.asked.push(asked);
    const instead = this.interfere(asked);
    if (instead === "cut") throw new NetworkFault("cut");
    const [from, to] = (request.headers["range"] ?? "").replace("bytes=", "").split("-").map(Number) as [
      number,
      number,
    ];
    const whole = this.blobs.get(url.pathname.slice(1))?.whole ?? new Uint8Array(0);
    const found = instead === null ? whole.slice(from, to + 1) : Buffer.from(instead.body ?? "");
    const headers = { "content-range": `bytes ${from}-${to}/${whole.length}`, ...instead?.headers };
    const expired = Number(url.searchParams.get("exp")) <= this.clock.now();
    return { ...answer(expired ? 403 : (instead?.status ?? 206), "", headers), chunks: chunks(found) };
  };

  async #route({ method, url, body, headers }: Asked): Promise<unknown> {
    if (url.pathname === "/auth/v1/token") {
      this.token = `token-${Number(this.token.split("-")[1]) + 1}`;
      this.tokenEndsAt = this.clock.now() + 15 * MINUTES;
      return { access_token: this.token, expires_in: 900, refresh_token: "next" };
    }
    if (headers["authorization"] !== `Bearer ${this.token}` || this.clock.now() >= this.tokenEndsAt) {
      throw new Refusal(401, "token_invalid");
    }
    const path = url.pathname.replace("/transfers/v1/transfers", "").replace(`/${ID}`, "/id");
    switch (`${method} ${path}`) {
      case "POST ":
        return this.#once(headers, () => this.#create(body));
      case "POST /id/files":
        return this.#once(headers, () => this.#add(body["files"] as Body[]));
      case "GET /id":
        return this.#transfer();
      case "GET /id/files":
        return { items: this.files, next: null };
      case "GET /id/parts": {
        const held = this.blobs.get(url.searchParams.get("blob") ?? "")?.parts ?? new Map<number, Bytes>();
        return { parts: [...held].map(([part, bytes]) => ({ part, size: bytes.length, etag: "e" })) };
      }
      case "POST /id/parts":
        return { uploads: this.#urls(body) };
      case "POST /id/files/complete":
        return { files: this.#complete(body["files"] as Body[]) };
      case "POST /id/complete":
        if (this.files.some((file) => file.state !== "stored")) throw new Refusal(409, "files_missing");
        this.state = "checking";
        this.completed = body;
        return this.#transfer();
      case "POST /id/downloads":
        return this.#downloads(body);
      default:
        if (path.endsWith("/complete")) this.arrived.push(...(body["files"] as string[]));
        return {};
    }
  }

  /** The answer of the first time, for the same key. */
  #once(headers: Asked["headers"], make: () => unknown): unknown {
    const key = headers["idempotency-key"] ?? "";
    if (!this.#keys.has(key)) this.#keys.set(key, make());
    return this.#keys.get(key);
  }

  #transfer(): unknown {
    const { state } = this;
    return {
      id: ID,
      state,
      class: this.class,
      files: this.files.length,
      bytes: 0,
      expires_at: "",
      slots: this.completed["slots"],
    };
  }

  #create(body: Body): unknown {
    this.created += 1;
    this.files.length = 0;
    this.blobs.clear();
    this.headers.clear();
    this.class = body["class"] as TransferClass;
    const key = this.class === "managed" ? { transfer_key: encode(this.transferKey) } : {};
    return { id: ID, ...key, ...this.#add(body["files"] as Body[]) };
  }

  #add(wanted: Body[]): { files: unknown[]; uploads: unknown[] } {
    const sizes = wanted.map((file) => file["size"] as number);
    const places =
      this.class === "plain"
        ? sizes.map((size, blob) => ({ blob, offset: 0, length: size, packed: false }))
        : planPacks(sizes);
    const [first, blobs] = [this.files.length, this.blobs.size];
    const idOf = (blob: number): string => `bl_${blobs + blob}`;
    for (const [at, place] of places.entries()) {
      const blob = idOf(place.blob);
      const size = Math.max(
        ...places.filter((one) => one.blob === place.blob).map((one) => one.offset + (one.length ?? 0)),
      );
      const asked = wanted[at]?.["part_size"] as number | undefined;
      this.blobs.set(blob, this.blobs.get(blob) ?? { size, parts: new Map(), whole: null });
      const { partSize } = planParts(size, asked === undefined ? {} : { asked });
      const id = fileId(first + at);
      const { offset, length, packed } = place;
      const name = wanted[at]?.["name"] as string;
      this.files.push({
        id,
        index: first + at,
        name,
        size: sizes[at] ?? 0,
        state: "waiting",
        blob,
        offset,
        length: length ?? 0,
        part_size: partSize,
        parts: 1,
        packed,
      });
    }
    const made = this.files.slice(first);
    const uploads = [...new Set(made.map((file) => file.blob))].slice(0, 2).map((blob) => this.#url(blob, 1));
    return { files: made.map((file) => ({ ...file })), uploads };
  }

  #urls(body: Body): unknown[] {
    for (const { file, header } of (body["headers"] ?? []) as { file: string; header: string }[])
      this.#header(file, header);
    return (body["parts"] as { blob: string; part: number }[]).map(({ blob, part }) => this.#url(blob, part));
  }

  #url(blob: string, part: number): unknown {
    const { part_size } = this.files.find((file) => file.blob === blob) ?? { part_size: 1 };
    const size = Math.min(part_size, (this.blobs.get(blob)?.size ?? 0) - (part - 1) * part_size);
    const ends = this.clock.now() + this.urlMinutes * MINUTES;
    const url = `${STORE}/${blob}/${part}?exp=${ends}&size=${size}`;
    return { blob, part, method: "PUT", url, headers: {}, size, expires_at: new Date(ends).toISOString() };
  }

  #header(file: string, header: string): void {
    if ((this.headers.get(file) ?? header) !== header) throw new Refusal(409, "header_differs");
    this.headers.set(file, header);
  }

  #complete(entries: Body[]): unknown[] {
    return entries.map((entry) => {
      const file = this.files.find((one) => one.id === entry["id"]);
      const blob = this.blobs.get(file?.blob ?? "");
      if (file === undefined || blob === undefined) throw new Refusal(404, "not_found");
      if (entry["header"] !== undefined) this.#header(file.id, entry["header"] as string);
      const joined = Buffer.concat([...blob.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
      if (joined.length !== blob.size) throw new Refusal(409, "part_missing");
      blob.whole = new Uint8Array(joined);
      Object.assign(file, { state: "stored", record: entry["record"], checksum: entry["checksum"] });
      return file;
    });
  }

  async #downloads(body: Body): Promise<unknown> {
    const { clock } = this;
    if (body["session"] === undefined) this.#session += 1;
    else if (body["session"] !== `dl_${this.#session}`) throw new Refusal(409, "download_over");
    const ends = clock.now() + this.urlMinutes * MINUTES;
    const expires_at = new Date(ends).toISOString();
    const files = (body["files"] as string[]).map(async (id) => {
      const { name, record, size, blob, offset, length, checksum } = this.files.find(
        (one) => one.id === id,
      ) as ServerFile & { checksum?: string };
      const shown = this.class === "plain" ? { name, checksum } : { record };
      const key = this.class === "managed" ? { key: encode(await fileKey(this.transferKey, id)) } : {};
      return {
        id,
        ...shown,
        ...key,
        size,
        url: `${STORE}/${blob}?exp=${ends}`,
        method: "GET",
        headers: {},
        offset,
        length,
        expires_at,
      };
    });
    return { session: `dl_${this.#session}`, expires_at, scan: "clean", files: await Promise.all(files) };
  }

  /** What another server holds, as a copy of its own. */
  take(other: FakeServer): void {
    this.class = other.class;
    this.state = other.state;
    this.completed = other.completed;
    this.files.push(...other.files);
    for (const [id, blob] of other.blobs) this.blobs.set(id, { ...blob, whole: blob.whole?.slice() ?? null });
  }

  /** The session idles out. */
  endSession(): void {
    this.#session += 1;
  }
}

export const ID = "tr_01jd8x3v6kf2q9m4n7p0r5s8tw";

function fileId(at: number): string {
  return `fi_01jd8x3v6kf2q9m4n7p0r5${at.toString().padStart(4, "0")}`;
}

function answer(status: number, type: string, headers: Record<string, string> = {}): HttpAnswer {
  const all: Record<string, string> = { "content-type": type, ...headers };
  return { status, header: (name) => all[name] ?? null };
}

function json(status: number, body: unknown): HttpAnswer & { text: string } {
  return {
    ...answer(status, status < 300 ? "application/json" : "application/problem+json"),
    text: JSON.stringify(body),
  };
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.slice(at, at + 65_536);
}
