/** The program of a crypto worker. */

import type { Question } from "../engine/crypto/messages";
import { serveCrypto } from "../engine/crypto/serve";

const scope = self as unknown as DedicatedWorkerGlobalScope;

serveCrypto({
  post: (message, transfer) => scope.postMessage(message, [...transfer]),
  listen: (take, broken) => {
    scope.onmessage = ({ data }: MessageEvent<Question>) => take(data);
    scope.onmessageerror = broken;
  },
  close: () => scope.close(),
});
