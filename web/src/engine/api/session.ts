/** The sign-in: an access token in memory alone, renewed in time, once for all who wait for it. */

import type { Clock } from "../edges";
import { failure, Refused } from "../failures";
import type { Json } from "./answers";

/** Renewed a minute early: a token that ends while a body travels would cost the whole body. */
const EARLY_MS = 60_000;

/** What /auth answers with (spec/api.md). `refresh_token` is absent where a cookie carries it. */
export interface Tokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
  /** Whose they are, where a member's. */
  readonly member?: string;
}

/**
 * How tokens are renewed: by the page's HttpOnly cookie (a guest's is that of one link), by a refresh token, or not at all
 * (a personal token).
 */
export type Renewal =
  | { readonly by: "cookie"; readonly link?: string }
  | { readonly by: "refresh"; readonly token: string }
  | { readonly by: "nothing" };

/** Asks /auth for new tokens; given by Api, so that the renewal has its retries. */
export type AskTokens = (body: Json, how: { cookies: boolean }) => Promise<Tokens>;

/** What a sign-in is made of. */
export interface SessionGiven {
  readonly tokens?: Tokens;
  readonly renewal: Renewal;
  /** Told of each new pair before it is used, so that the page can keep a guest's refresh token; throws where it is not to be used. */
  readonly changed?: (tokens: Tokens) => void;
  /** Asked once when the sign-in has ended: new tokens, by signing in again; rejects where the person does not want to. */
  readonly ended?: () => Promise<Tokens>;
}

/** One sign-in. Whoever calls while it is being renewed, or while a person signs in again, waits and goes on. */
export class Session {
  readonly #clock: Clock;
  readonly #changed: (tokens: Tokens) => void;
  readonly #ended: (() => Promise<Tokens>) | undefined;
  #renewal: Renewal;
  #access: string;
  #endsAt: number;
  #renewing: Promise<void> | null = null;

  constructor(clock: Clock, given: SessionGiven) {
    this.#clock = clock;
    this.#changed = given.changed ?? (() => undefined);
    this.#ended = given.ended;
    this.#renewal = given.renewal;
    this.#access = given.tokens?.access_token ?? "";
    this.#endsAt = given.tokens === undefined ? 0 : clock.now() + given.tokens.expires_in * 1000;
  }

  /** Whether a refused token may be exchanged for another. */
  get renewable(): boolean {
    return this.#renewal.by !== "nothing";
  }

  /** An access token that lives at least another minute. Rejects with Failure("signed_out"). */
  async token(ask: AskTokens): Promise<string> {
    if (this.renewable && this.#clock.now() > this.#endsAt - EARLY_MS) await this.renew(this.#access, ask);
    return this.#access;
  }

  /** A new token in place of `used`; whoever asks meanwhile waits for the same one. */
  async renew(used: string, ask: AskTokens): Promise<void> {
    if (this.#access !== used) return;
    this.#renewing ??= this.#ask(ask).finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
  }

  async #ask(ask: AskTokens): Promise<void> {
    try {
      this.#take(await ask(bodyOf(this.#renewal), { cookies: this.#renewal.by === "cookie" }));
    } catch (error) {
      if (!(error instanceof Refused && error.status === 401)) throw error;
      if (this.#ended === undefined) throw failure("signed_out");
      this.#take(await this.#ended());
    }
  }

  #take(tokens: Tokens): void {
    this.#changed(tokens);
    this.#access = tokens.access_token;
    this.#endsAt = this.#clock.now() + tokens.expires_in * 1000;
    if (this.#renewal.by === "refresh" && tokens.refresh_token !== undefined) {
      this.#renewal = { by: "refresh", token: tokens.refresh_token };
    }
  }
}

function bodyOf(renewal: Renewal): Json {
  return {
    grant_type: "refresh_token",
    ...(renewal.by === "refresh" && { refresh_token: renewal.token }),
    ...(renewal.by === "cookie" && renewal.link !== undefined && { link: renewal.link }),
  };
}
