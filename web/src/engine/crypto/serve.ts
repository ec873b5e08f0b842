/** The worker's side: answers each question as directCrypto would. */

import { Failure } from "../format/errors";
import type { Crypto, StreamHash } from "./crypto";
import { directCrypto } from "./direct";
import { type Answer, movable, type Question, type WorkerPort } from "./messages";

/** Serves a port until it is closed. */
export function serveCrypto(port: WorkerPort<Answer, Question>): void {
  const crypto = directCrypto();
  const hashes = new Map<number, StreamHash>();
  port.listen(
    (question) => {
      answer(crypto, hashes, question).then(
        (gives) => port.post({ id: question.id, gives }, movable(gives)),
        (error: unknown) => port.post({ id: question.id, ...told(error) }, []),
      );
    },
    () => hashes.clear(),
  );
}

async function answer(crypto: Crypto, hashes: Map<number, StreamHash>, question: Question): Promise<unknown> {
  switch (question.name) {
    case "seal":
      return crypto.seal(question.takes);
    case "open":
      return crypto.open(question.takes);
    case "digests":
      return crypto.digests(question.takes);
    case "sha256":
      return crypto.sha256(question.takes);
    case "argon2id":
      return crypto.argon2id(question.takes.passphrase, question.takes.salt, question.takes.cost);
    case "hashBegin":
      hashes.set(question.takes.hash, await crypto.hash(question.takes.kind));
      return null;
    case "hashUpdate":
      return hashOf(hashes, question.takes.hash).update(question.takes.bytes);
    case "hashEnd": {
      const hash = hashOf(hashes, question.takes.hash);
      hashes.delete(question.takes.hash);
      return hash.hex();
    }
  }
}

function hashOf(hashes: Map<number, StreamHash>, id: number): StreamHash {
  const hash = hashes.get(id);
  if (hash === undefined) throw new Failure("worker_lost");
  return hash;
}

function told(error: unknown): { code: string; detail: string } {
  // What is no Failure may carry anything in its text: only its kind goes on.
  if (error instanceof Failure) return { code: error.code, detail: error.message };
  return { code: "worker_failed", detail: error instanceof Error ? error.name : "unknown" };
}
