/** The workers of this page: started when something is to be opened, and shared by all that does so. */

import { cryptoWorkers } from "../../edges/crypto_workers";
import type { CryptoPool } from "../../engine/crypto/pool";

let made: CryptoPool | null = null;

export function sharedCrypto(): CryptoPool {
  made ??= cryptoWorkers();
  return made;
}
