/** The API of Fumibako with a bearer token that is renewed in time, and the retries around each call. */

import type { HttpRequest, World } from "../edges";
import { failure, Refused } from "../failures";
import { type Json, LARGEST_ANSWER, objectIn } from "./answers";
import { Retry, withRetries } from "./retries";
import type { AskTokens, Session, Tokens } from "./session";

/** What a call takes besides method and path. */
export interface CallOptions {
  readonly body?: Json;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Idempotency-Key: the same key and body answer as the first time did. */
  readonly key?: string;
  /** If-Match of a PATCH. */
  readonly version?: number;
  /** Whether the page's cookie travels and may be set: signing in and out, and nothing else. */
  readonly cookies?: boolean;
  readonly signal?: AbortSignal;
}

/** JSON calls to one tenant's host. `origin` is `https://host`, without a slash at its end. */
export class Api {
  readonly world: World;
  readonly origin: string;
  readonly #language: () => string;
  readonly #session: Session | null;
  #known = false;

  /** Without a session only open routes can be called. `language`: ja or en, for the words of problems, asked at each call where it may change. */
  constructor(world: World, host: { origin: string; language: string | (() => string); session?: Session }) {
    const { language } = host;
    this.world = world;
    this.origin = host.origin;
    this.#language = typeof language === "string" ? () => language : language;
    this.#session = host.session ?? null;
  }

  /** The same host with a sign-in. */
  withSession(session: Session): Api {
    return new Api(this.world, { origin: this.origin, language: this.#language, session });
  }

  /** One call. Rejects with Refused, Failure("network" | "server_wrong" | "signed_out" | "stopped"). */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Json> {
    const patience = { ...this.world, ...(options.signal && { signal: options.signal }) };
    return withRetries(patience, async (number) => {
      const token = await this.#session?.token(this.#askTokens);
      try {
        return await this.#once(method, path, options, token);
      } catch (error) {
        // Another tab may have renewed it, a clock may be wrong: one new token, then the refusal stands.
        const spent = error instanceof Refused && error.status === 401 && number === 0 && token !== undefined;
        if (!spent || this.#session?.renewable !== true) throw error;
        await this.#session.renew(token, this.#askTokens);
        throw new Retry(error, { afterMs: 0 });
      }
    });
  }

  get(path: string, query: CallOptions["query"] = {}, signal?: AbortSignal): Promise<Json> {
    return this.call("GET", path, { query, ...(signal && { signal }) });
  }

  post(path: string, body: Json, more: Omit<CallOptions, "body"> = {}): Promise<Json> {
    return this.call("POST", path, { ...more, body });
  }

  readonly #askTokens: AskTokens = async (body, { cookies }) => {
    const found = await withRetries(this.world, () => this.#once("POST", "/auth/v1/token", { body, cookies }));
    return tokensIn(found);
  };

  async #once(method: string, path: string, options: CallOptions, token?: string): Promise<Json> {
    const request: HttpRequest = {
      method,
      url: this.origin + path + queryOf(options.query),
      headers: this.#headers(options, token),
      cookies: options.cookies ?? false,
      ...(options.body && { body: JSON.stringify(options.body) }),
      ...(options.signal && { signal: options.signal }),
    };
    const answer = await this.world.http.text(request, LARGEST_ANSWER);
    try {
      const found = objectIn(answer, this.#known);
      this.#known = true;
      return found;
    } catch (error) {
      if (error instanceof Refused) this.#known = true;
      throw error;
    }
  }

  #headers(options: CallOptions, token: string | undefined): Record<string, string> {
    return {
      accept: "application/json",
      "accept-language": this.#language(),
      ...(options.body && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(options.key !== undefined && { "idempotency-key": options.key }),
      ...(options.version !== undefined && { "if-match": `"${options.version}"` }),
    };
  }
}

/** The tokens in an answer of /auth; throws server_wrong where there are none. */
export function tokensIn(found: Json): Tokens {
  const { access_token, expires_in, refresh_token } = found;
  const { id } = (found["member"] ?? {}) as Json;
  if (typeof access_token !== "string" || typeof expires_in !== "number") throw failure("server_wrong", "no token");
  return {
    access_token,
    expires_in,
    ...(typeof refresh_token === "string" && { refresh_token }),
    ...(typeof id === "string" && { member: id }),
  };
}

function queryOf(query: CallOptions["query"] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`;
}
