/** The pool of crypto workers in a browser. */

import type { Answer, Question, WorkerPort } from "../engine/crypto/messages";
import { CryptoPool } from "../engine/crypto/pool";
import workerScript from "./crypto_worker?worker&url";
import { scriptUrl } from "./trusted";

/** One worker's port. */
function portOf(worker: Worker): WorkerPort<Question, Answer> {
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    listen: (take, broken) => {
      worker.onmessage = ({ data }: MessageEvent<Answer>) => take(data);
      worker.onerror = broken;
      worker.onmessageerror = broken;
    },
    close: () => worker.terminate(),
  };
}

/** As many workers as there are cores, two at least and four at most: more only compete with the line for the processor. */
export function cryptoWorkers(cores: number = navigator.hardwareConcurrency): CryptoPool {
  const size = Math.min(4, Math.max(2, cores || 2));
  const spawn = (): WorkerPort<Question, Answer> =>
    portOf(new Worker(scriptUrl(workerScript), { type: "module", name: "fumibako-crypto" }));
  return new CryptoPool(spawn, size);
}
