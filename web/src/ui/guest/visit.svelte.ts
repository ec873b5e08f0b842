/** One link in this tab, from opening it to its end: what is known of it, and what is shown. */

import { comeBack, type Guest, type Link, look, type ProofOptions, parseFragment, prove } from "../../engine/api/links";
import type { Tokens } from "../../engine/api/session";
import type { Look } from "../../engine/api/types";
import { failure, isFailure } from "../../engine/failures";
import { openApi, preferLanguage } from "../frame";
import { type Ended, endedBy } from "./ended";
import { takenFragment } from "./fragment";
import { forgetVisit, type KeptChallenge, keepVisit, keptVisit } from "./kept_visit";

export type Stage =
  | { readonly at: "looking" }
  /** There is no link, or only a piece of one. */
  | { readonly at: "no_link" }
  | { readonly at: "failed"; readonly error: unknown }
  | { readonly at: "ended"; readonly why: Ended; readonly interrupted: boolean }
  | { readonly at: "asking"; readonly look: Look }
  | { readonly at: "inside"; readonly look: Look; readonly guest: Guest }
  /** Left on purpose, on a computer that others use. */
  | { readonly at: "left" };

/** What waits for another proof: calls of this recipient's, who was away for more than an hour. */
interface Lapsed {
  readonly recipient: string;
  readonly done: (tokens: Tokens) => void;
  readonly refused: (error: unknown) => void;
}

/** The visit; `stage`, `challenge` and `lapsed` are reactive. */
export class Visit {
  stage = $state.raw<Stage>({ at: "looking" });
  challenge = $state.raw<KeptChallenge | null>(null);
  lapsed = $state.raw<Lapsed | null>(null);
  /** What was typed to prove it, where it opens the files too. In memory alone. */
  passphrase: string | null = null;
  #link: Link | null = null;
  #proved = false;
  #turn = 0;

  /** The link itself. Only where one is known: in every stage but looking, no_link and left. */
  get link(): Link {
    if (this.#link === null) throw new Error("no link");
    return this.#link;
  }

  /** How every proof of this visit is given. */
  readonly options: ProofOptions = { cookie: true, ended: () => this.#provesAgain() };

  /** Takes up the link of the address bar, or the one this tab had before a reload. */
  async begin(): Promise<void> {
    const fragment = takenFragment();
    const kept = fragment === "" ? keptVisit(sessionStorage, Date.now()) : null;
    this.challenge = kept?.challenge ?? null;
    this.#proved = kept?.proved ?? false;
    await (fragment === "" ? this.#follow(kept?.link ?? null) : this.open(fragment));
  }

  /** Follows a link that was pasted: a whole address, or what stands behind its `#`. */
  async open(text: string): Promise<void> {
    const plain = plainPage(text);
    if (plain !== null) {
      location.assign(plain);
      return;
    }
    try {
      const link = parseFragment(text.slice(text.indexOf("#") + 1));
      if (link.token !== this.#link?.token) {
        this.challenge = null;
        this.#proved = false;
      }
      await this.#follow(link);
    } catch (error) {
      if (!isFailure(error, "link_wrong")) throw error;
      this.stage = { at: "no_link" };
    }
  }

  /** Looks once more, after a failure. */
  async again(): Promise<void> {
    await this.#follow(this.#link);
  }

  /** The guest has proved who they are. */
  proved(guest: Guest): void {
    const { stage, lapsed } = this;
    const same = lapsed?.recipient === guest.recipient;
    if (same) lapsed?.done(guest.tokens);
    // Somebody else took over: nothing that was begun goes on in their name.
    else if (stage.at === "asking" || stage.at === "inside") this.stage = { at: "inside", look: stage.look, guest };
    this.#letGo();
    this.#proved = true;
    this.asked(null);
  }

  /** What opens the files has to be given once more: it was in memory alone. */
  asksAgain(): void {
    if (this.stage.at === "inside") this.stage = { at: "asking", look: this.stage.look };
    this.#proved = false;
    this.#keep();
  }

  /** The proof is given on another page, which leads back here. */
  leavesToProve(): void {
    this.#proved = true;
    this.#keep();
  }

  /** A code was asked for, tried, or is of no use any more (null). */
  asked(challenge: KeptChallenge | null): void {
    this.challenge = challenge;
    this.#keep();
  }

  /** Shows why it ended where that is what `error` says; tells whether it does. `interrupted`: something was being saved. */
  endsWith(error: unknown, { interrupted = false } = {}): boolean {
    const why = endedBy(error);
    if (why === null) return false;
    this.#letGo();
    if (why !== "exhausted") forgetVisit(sessionStorage);
    this.stage = { at: "ended", why, interrupted };
    return true;
  }

  /** Forgets all of it in this browser, and ends the guest's sign-in at the server. */
  async leave(): Promise<void> {
    const guest = this.stage.at === "inside" ? this.stage.guest : null;
    forgetVisit(sessionStorage);
    this.#letGo();
    this.#link = null;
    this.challenge = null;
    this.passphrase = null;
    this.stage = { at: "left" };
    await guest?.api.call("POST", "/auth/v1/logout", { cookies: true }).catch(() => undefined);
  }

  /** Writes down that the page is still here: what is kept of a link lives for some minutes after it is left. */
  stillHere(): void {
    if (this.#link !== null && this.stage.at !== "ended") this.#keep();
  }

  async #follow(link: Link | null): Promise<void> {
    this.#turn += 1;
    const mine = this.#turn;
    this.#letGo();
    this.#link = link;
    if (link === null) {
      this.stage = { at: "no_link" };
      return;
    }
    this.stage = { at: "looking" };
    this.#keep();
    const found = await this.#found(link);
    // Another link was opened meanwhile.
    if (mine === this.#turn) this.stage = found;
  }

  async #found(link: Link): Promise<Stage> {
    try {
      const seen = await look(openApi(), link);
      // The browser's language is the reader's own; the mail's was somebody's guess.
      if (!navigator.languages.some((one) => /^(?:ja|en)\b/.test(one))) await preferLanguage(seen.language);
      const guest = await this.#backAgain(link);
      return guest === null ? { at: "asking", look: seen } : { at: "inside", look: seen, guest };
    } catch (error) {
      const why = endedBy(error);
      return why === null ? { at: "failed", error } : { at: "ended", why, interrupted: false };
    }
  }

  /** Who proved it in this tab before; null where nobody did. */
  async #backAgain(link: Link): Promise<Guest | null> {
    // Not asked for nothing: on a slow line each question costs a guest half a second.
    if (!this.#proved) return null;
    try {
      return await comeBack(openApi(), link, this.options);
    } catch (error) {
      if (isFailure(error, "gone", "network", "server_wrong")) throw error;
      this.#proved = false;
      return null;
    }
  }

  /** New tokens by another proof, which the screen asks for while `lapsed` is there; what is shown stays, and waits. */
  async #provesAgain(): Promise<Tokens> {
    const { stage } = this;
    if (stage.at !== "inside") throw failure("signed_out");
    // Nothing but the link was asked for, and a person has pressed already.
    if (stage.look.proof === "link" && stage.look.sso === undefined) {
      return (await prove(openApi(), this.link, { kind: "link" }, { cookie: true })).tokens;
    }
    const { recipient } = stage.guest;
    return new Promise((done, refused) => {
      this.lapsed = { recipient, done, refused };
    });
  }

  #letGo(): void {
    this.lapsed?.refused(failure("signed_out"));
    this.lapsed = null;
  }

  #keep(): void {
    if (this.#link === null) return;
    const { challenge } = this;
    keepVisit(sessionStorage, { link: this.#link, challenge, proved: this.#proved }, Date.now());
  }
}

/** The address of a page that works without script, where such a link of this host was pasted. */
function plainPage(text: string): string | null {
  const path = /^https?:\/\/[^/]+(\/p\/[\w.-]+)$/.exec(text.trim())?.[1];
  return path !== undefined && text.trim().startsWith(`${location.origin}/`) ? path : null;
}
