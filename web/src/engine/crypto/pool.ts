/** A few workers behind one Crypto: each question goes to the worker with the least to do. */

import { Failure } from "../format/errors";
import type { Crypto, HashKind, StreamHash } from "./crypto";
import {
  type Answer,
  failureOf,
  movable,
  type OperationName,
  type Operations,
  type Question,
  type WorkerPort,
} from "./messages";

type Waiting = { resolve: (value: unknown) => void; reject: (error: Failure) => void };

/** One worker and the questions it has not answered yet. */
class Hand {
  readonly #port: WorkerPort<Question, Answer>;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  lost = false;

  constructor(port: WorkerPort<Question, Answer>) {
    this.#port = port;
    port.listen(
      (answer) => this.#take(answer),
      () => this.lose("worker_lost"),
    );
  }

  get load(): number {
    return this.#waiting.size;
  }

  ask<Name extends OperationName>(
    name: Name,
    takes: Operations[Name]["takes"],
    moved: readonly ArrayBuffer[] = [],
  ): Promise<Operations[Name]["gives"]> {
    if (this.lost) return Promise.reject(new Failure("worker_lost"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#port.post({ id, name, takes } as Question, moved);
    });
  }

  lose(code: string): void {
    this.lost = true;
    this.#port.close();
    for (const one of this.#waiting.values()) one.reject(new Failure(code));
    this.#waiting.clear();
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("code" in answer) waiting?.reject(failureOf(answer.code, answer.detail));
    else waiting?.resolve(answer.gives);
  }
}

/** Crypto on workers. A worker that is lost fails what it was doing, and a new one takes its place. */
export class CryptoPool implements Crypto {
  readonly #spawn: () => WorkerPort<Question, Answer>;
  readonly #size: number;
  #hands: Hand[] = [];
  #hashes = 0;

  /** `spawn` starts a worker that runs serveCrypto; at most `size` are started, as they are needed. */
  constructor(spawn: () => WorkerPort<Question, Answer>, size: number) {
    this.#spawn = spawn;
    this.#size = size;
  }

  readonly seal: Crypto["seal"] = (jobs) => this.#hand().ask("seal", jobs);
  readonly open: Crypto["open"] = (job) => this.#hand().ask("open", job, movable(job.ciphertext));
  readonly digests: Crypto["digests"] = (job) => this.#hand().ask("digests", job);
  readonly sha256: Crypto["sha256"] = (piece) => this.#hand().ask("sha256", piece);
  readonly argon2id: Crypto["argon2id"] = (passphrase, salt, cost) =>
    this.#hand().ask("argon2id", { passphrase, salt, cost });

  /** A hash stays with one worker from its first byte to its last. */
  async hash(kind: HashKind): Promise<StreamHash> {
    const hand = this.#hand();
    const hash = this.#hashes++;
    await hand.ask("hashBegin", { hash, kind });
    return {
      update: (bytes) => hand.ask("hashUpdate", { hash, bytes }, movable(bytes)),
      hex: () => hand.ask("hashEnd", { hash }),
    };
  }

  /** Ends all workers; what they were doing fails with Failure("stopped"). */
  close(): void {
    for (const hand of this.#hands) hand.lose("stopped");
    this.#hands = [];
  }

  #hand(): Hand {
    this.#hands = this.#hands.filter((hand) => !hand.lost);
    const idle = this.#hands.find((hand) => hand.load === 0);
    if (idle !== undefined) return idle;
    if (this.#hands.length < this.#size) {
      const hand = new Hand(this.#spawn());
      this.#hands.push(hand);
      return hand;
    }
    return this.#hands.reduce((least, hand) => (hand.load < least.load ? hand : least));
  }
}
